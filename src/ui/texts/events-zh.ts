/** What the pages say of events and of the deliveries of a job, in Chinese. */
import type { Texts } from "./en.ts";

export const events: Texts["events"] = {
  title: "事件通知",
  lead: "已发送或待发送给您业务系统的事件。",
  off: "FORWARD_URLS 未配置任何地址，目前不会发送通知。",
  statuses: { pending: "待发送", failed: "发送失败", delivered: "已送达" },
  hints: {
    pending: "尚未送达，会自动重试。",
    failed: "已停止重试，需手动重新发送。",
    delivered: "对方已返回 2xx。",
  },
  errors: {
    "not-2xx": "返回的不是 2xx",
    gone: "对方不再接收该事件",
    timeout: "超时未响应",
    unreachable: "无法连接",
    unfinished: "上次发送未完成",
    "record-gone": "对应的记录已删除",
    "record-late": "存储中暂时查不到该记录",
    "endpoint-down": "接收地址一直不可用",
    "endpoint-removed": "地址已从 FORWARD_URLS 移除",
  },
  none: "没有事件。",
  endpoint: "接收地址",
  endpointGone: "已移除的地址",
  attempts: (count) => `已尝试 ${count} 次`,
  next: "下次发送",
  due: "即将发送",
  resend: "重新发送",
  sendNow: "立即发送",
  resendFailed: "重新发送全部失败事件",
  resent: (count, left) => `正在重新发送 ${count} 个事件${left > 0 ? `，还剩 ${left} 个` : ""}。`,
  ofJob: "该任务的通知",

  history: "该任务的全部回调",
  isRecord: "当前显示的回调",
  historyCut: (count) => `仅显示最近 ${count} 条，完整列表见 /jobs/{jobId}/deliveries。`,
  moreJobs: (count) => `另有 ${count} 个任务`,
};
