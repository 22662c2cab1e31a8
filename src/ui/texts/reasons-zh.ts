/**
 * Why a body could not be read, in Chinese. Reasons are kept as the reader wrote them, in English; their forms are few.
 * What is none of them stays as it is.
 */

const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/^the end of the body$/, "内容结尾"],
  [/^the root element$/, "根元素"],
  [/^a second root element, (`.*`)$/, "第二个根元素 $1"],
  [/^a CDATA section$/, "CDATA 段"],
  [/^a character that XML allows$/, "XML 允许的字符"],
  [/^a known entity or a reference to a character that XML allows$/, "已知实体，或 XML 允许的字符引用"],
  [/^a name after (`.*`)$/, "$1 之后的名称"],
  [/^white space after (`.*`)$/, "$1 之后的空白"],
  [/^an attribute, (`>`) or (`\/>`) in the tag (`.*`)$/, "标签 $3 中的属性、$1 或 $2"],
  [/^(`.*`) after the attribute (`.*`)$/, "属性 $2 之后的 $1"],
  [/^(`.*`) after (`.*`)$/, "$2 之后的 $1"],
  [/^the value of the attribute (`.*`) in quotes$/, "属性 $1 带引号的值"],
  [/^a quote that ends the value of the attribute (`.*`)$/, "属性 $1 的值末尾的引号"],
  [/^each attribute once$/, "每个属性只出现一次"],
  [/^(`.*`) twice$/, "两个 $1"],
  [/^(`.*`) to end the comment$/, "注释结尾的 $1"],
  [/^(`.*`) in the value of an attribute$/, "属性值中的 $1"],
  [/^(`.*`) in text$/, "文本中的 $1"],
  [/^the encoding UTF-8 in the XML declaration$/, "XML 声明中的编码 UTF-8"],
  [/^the XML declaration at the start of the body$/, "位于内容开头的 XML 声明"],
  [/^it after the start$/, "位于开头之后的声明"],
  [/^an XML declaration such as (`.*`)$/, "形如 $1 的 XML 声明"],
  [/^another form of it$/, "其他写法"],
  [/^an uncompressed body$/, "未压缩的内容"],
  [/^a body in UTF-8$/, "UTF-8 编码的内容"],
  [/^a double quote that ends the string$/, "字符串结尾的双引号"],
  [/^no control character in a string$/, "不含控制字符的字符串"],
  [/^an escape sequence after the backslash$/, "反斜杠之后的转义序列"],
  [/^("[^"]*") or ("[^"]*")$/, "$1 或 $2"],
];

const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [
    /^The (?:comment|CDATA section|processing instruction) is not closed: expected (`.*`), found .*$/,
    "没有结束标记：应有 $1，却到了内容结尾。",
  ],
  [/^The target (`.*`) is reserved by XML\.$/, "处理指令名 $1 为 XML 保留。"],
  [/^Elements are nested deeper than (\d+) levels\.$/, "元素嵌套超过 $1 层。"],
  [/^Objects and arrays are nested deeper than (\d+) levels\.$/, "对象和数组嵌套超过 $1 层。"],
  [/^The body has more than (\d+) .*$/, "内容的节点数超过 $1 个。"],
  [/^The body is neither XML nor JSON.*$/, "内容既不是 XML 也不是 JSON：首字符不是 <、{ 或 [。"],
  [/^The body is not valid UTF-8\.$/, "内容不是有效的 UTF-8。"],
  [/^A JobId or RunId has a control character\.$/, "JobId 或 RunId 中有控制字符。"],
  [/^A document type declaration .*$/, "不接受文档类型声明（DOCTYPE）。"],
  [
    /^Reading this body was begun (\d+) times .*$/,
    "读取该内容已开始 $1 次，均未完成：所需的 CPU 或内存可能超出 Worker 的限制。",
  ],
];

/** Null where the reason has none of the forms. */
export function reason(kept: string): string | null {
  const [, wanted, found] = /^Expected ([^]*?), found ([^]*)\.$/.exec(kept) ?? [];
  if (wanted !== undefined && found !== undefined) return `应为${phrase(wanted)}，实际为${phrase(found)}。`;
  const form = SENTENCES.find(([pattern]) => pattern.test(kept));
  return form === undefined ? null : kept.replace(form[0], form[1]);
}

/** What is quoted from a body stands for itself, with a space before it. */
function phrase(text: string): string {
  const form = PHRASES.find(([pattern]) => pattern.test(text));
  const said = form === undefined ? text : text.replace(form[0], form[1]);
  return /^\p{Script=Han}/u.test(said) ? said : ` ${said}`;
}
