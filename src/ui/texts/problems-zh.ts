/** What each problem means, in Chinese; src/problems.ts has the English. */
import type { Texts } from "./en.ts";

export const problems: Texts["problems"] = {
  "malformed-body": {
    title: "内容格式不正确",
    meaning:
      "回调来源可信，但内容不是格式正确的 XML 或 JSON，或其深度、节点数超过限制。原始字节已保存在隔离区，ID 见 `delivery`。",
    remedy:
      "请查看 `reason`、`line`、`column`，以及 /deliveries/{id}/raw 中的原始字节。如果本应能读取，请在升级后 POST /deliveries/{id}/reparse。",
  },
  "unsupported-media-type": {
    title: "内容既不是 XML 也不是 JSON",
    meaning: "内容的首字符不是 <、{ 或 [，与 Content-Type 头部无关。原始字节已保存在隔离区，ID 见 `delivery`。",
    remedy: "请像 CI 一样发送：未压缩的 XML，或在 CallBackFormat=JSON 时发送 JSON。",
  },
  "body-too-large": {
    title: "内容超过大小限制",
    meaning: "读取时内容超过了 MAX_BODY_BYTES，没有保存；日志中有一行记录。",
    remedy: "如果会有这么大的内容，请调大 MAX_BODY_BYTES。",
  },
  "incomplete-body": {
    title: "内容不完整",
    meaning: "读取内容时连接中断，没有保存；日志中有一行记录。",
    remedy: "请重新发送。",
  },
  "store-unavailable": {
    title: "存储不可用",
    meaning: "回调无处可存，或无法查询存储。没有确认收到任何内容。",
    remedy: "请在 Retry-After 的秒数之后重试。如果持续出现，请查看 /readyz。",
  },
  "not-ready": {
    title: "本接收端尚未就绪",
    meaning: "缺少密钥、设置有误，或存储无法访问、未执行迁移，详见 `checks`。设置有误不会拒收回调，此时使用默认值。",
    remedy: "请用 `npx wrangler secret put` 设置缺少的密钥，修正 wrangler.toml 中的设置，执行迁移，或等待存储恢复。",
  },
  unauthorized: {
    title: "需要查询令牌",
    meaning: "查询需要 LOOKUP_TOKENS 中的一个令牌，但请求没有带令牌，或令牌不正确。",
    remedy: "请发送 `Authorization: Bearer <令牌>`，或使用 HTTP Basic，以令牌作为密码。",
  },
  "too-many-requests": {
    title: "错误的密钥或令牌过多",
    meaning: "该地址在一分钟内尝试了过多错误的密钥或令牌。使用正确密钥或令牌的请求不受影响。",
    remedy: "请等待一分钟，然后使用正确的密钥或令牌。",
  },
  "not-found": {
    title: "页面不存在",
    meaning: "本接收端没有该路径。密钥错误的回调地址也是如此。",
    remedy: "请检查路径；如果是回调地址，请检查其中的密钥。全部路径见 /docs。",
  },
  "job-not-found": {
    title: "未找到该任务",
    meaning: "尚未收到该 JobId 的回调。任务可能仍在执行，或回调发到了其他地址。",
    remedy: "请带上 ?wait=60 再次查询，回调到达时即返回。",
  },
  "run-not-found": {
    title: "未找到该工作流实例",
    meaning: "尚未收到该 RunId 的回调，也没有属于该实例的任务。",
    remedy: "请在工作流结束后再次查询。",
  },
  "delivery-not-found": {
    title: "未找到该回调",
    meaning: "没有保存该 ID 的回调。回调 ID 是内容的 SHA-256，共 64 位十六进制数字。",
    remedy: "请使用回调的返回、任务记录或 GET /deliveries 中的 ID。",
  },
  "event-not-found": {
    title: "未找到该事件",
    meaning: "没有保存该 ID 的事件。已送达的事件保留 RETENTION_DAYS_EVENTS 天，发送失败的保留 30 天。",
    remedy: "请使用 GET /events 中的 ID，或您的系统收到的 webhook-id 头部。",
  },
  "forwarding-off": {
    title: "事件通知未开启",
    meaning: "未设置 FORWARD_URLS，或 FORWARD_SECRETS 中没有可用于签名的密钥。",
    remedy: "请用 `npx wrangler secret put` 设置两者，参见 docs/events.md。",
  },
  "bytes-gone": {
    title: "该回调的原始字节已不再保留",
    meaning: "回调有记录，但其字节已超过保留期限，已被删除。",
    remedy: "如需保留更久，请调大 RETENTION_DAYS_BYTES。",
  },
  "corrupt-bytes": {
    title: "保存的字节与收到的不一致",
    meaning: "存储中字节的 SHA-256 与回调 ID 不同：内容被改动过。",
    remedy: "请从导出文件恢复 `delivery` 所指的回调，并查明是什么写入了数据库。",
  },
  "ci-not-configured": {
    title: "本接收端无法查询 CI",
    meaning: "未设置 CI_SECRET_ID 和 CI_SECRET_KEY，因此不会向 CI 查询任务。",
    remedy: "请用 `npx wrangler secret put` 设置两者：只有查询任务权限的子账号的密钥。",
  },
  "ci-unavailable": {
    title: "CI 未告知该任务的结果",
    meaning: "CI 没有应答、限制了查询频率或拒绝应答；`detail` 说明了是哪一种。",
    remedy: "请在 Retry-After 的秒数之后重试。若无 Retry-After，或 CI 拒绝，请看 `detail` 对密钥和存储桶的说明。",
  },
  "cross-site-request": {
    title: "该请求来自其他网站",
    meaning: "浏览器为其他网站的页面发出了会改变数据的请求。",
    remedy: "请使用 Bearer 令牌，或在本接收端的页面上操作。",
  },
  "invalid-request": {
    title: "请求参数不正确",
    meaning: "某个参数的值不被允许，或参数不存在；`detail` 指明了是哪一个。",
    remedy: "请更正参数；允许的取值见 /docs。",
  },
  "method-not-allowed": {
    title: "该路径不支持此方法",
    meaning: "路径存在，但不支持此 HTTP 方法。",
    remedy: "请使用 Allow 头部中的方法。",
  },
  "not-supported-by-store": {
    title: "当前存储不支持此操作",
    meaning: "接收端以 STORE=kv 运行：多数筛选条件、变更流和任务登记需要 D1。",
    remedy: "请去掉该筛选条件，或改用 STORE=d1。",
  },
  "internal-error": {
    title: "接收端出错",
    meaning: "发生了意料之外的情况。日志中有一行记录，带有相同的 ray ID。",
    remedy: "请重试。如果持续出现，请附上日志中的那一行反馈问题。",
  },
};
