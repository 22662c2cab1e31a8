/**
 * Text for word segmentation: Chinese and English sentences, cut into words, with the part of speech, offset and length
 * of each. Sentences are in the usual notation, `今天/t 打车/v`; `{place}` is one entry of the group `place`.
 */
import type { Random } from "./random.ts";

export interface Token {
  word: string;
  /** Both in characters (code points). CI does not say how it counts those outside the basic plane. */
  offset: number;
  length: number;
  /** A part-of-speech code, in lower case as in CI's samples. */
  pos: string;
}

export interface Segmentation {
  text: string;
  tokens: Token[];
  /** The words that CI would label, each once. */
  labels: { category: string; word: string }[];
}

type Word = readonly [word: string, pos: string];

interface Language {
  sentences: readonly string[];
  groups: Readonly<Record<string, readonly string[]>>;
  /** The label of the words of a group. */
  categories: Readonly<Record<string, string>>;
  /** What is between two words, and is no token. */
  separator: "" | " ";
}

/** Words that readers, printers and databases tend to change. */
const TRICKY: readonly Word[] = [
  ["007", "nx"],
  ["1e5", "nx"],
  ["0x1F", "nx"],
  ["true", "nx"],
  ["null", "nx"],
  [" ", "w"],
  ["&", "w"],
  ["<b>", "nx"],
  ["]]>", "nx"],
  ["&amp;", "nx"],
  ["&#20170;", "nx"],
  ['"', "w"],
  ["\\n", "nx"],
  ["😀", "w"],
  ["👩‍🔬", "w"],
  ["龘", "n"],
];

const CHINESE: Language = {
  separator: "",
  sentences: [
    "{time} {person} {ride} 去/v {place} ，/w 花/v 了/u {amount} 元/q 。/w",
    "{time} {ride} 花/v {amount} 元/q 。/w",
    "{person} 在/p {place} 买/v 了/u {few} {goods} 。/w",
    "{time} {place} 的/u 天气/n {degree} {quality} 。/w",
    "{organisation} {time} 发布/v 了/u 新/a 的/u {product} ，/w 售价/n {amount} 元/q 。/w",
    "请/v 把/p {document} 发/v 给/p {person} ，/w 谢谢/v 。/w",
    "{person} 说/v ：/w “/w 这/r 家/q {venue} {degree} {quality} ，/w 我们/r 下次/t 还/d 来/v 。/w ”/w",
    "从/p {place} 到/v {place} 坐/v 高铁/n 要/v {few} 个/q 小时/n 吗/y ？/w",
    "{person} 的/u 订单/n 已经/d 送/v 到/v {place} ，/w 请/v 注意/v 查收/v 。/w",
  ],
  groups: {
    time: ["今天/t", "昨天/t", "明天/t", "上周/t", "周末/t", "早上/t", "去年/t 冬天/t", "七月/t"],
    person: ["我/r", "我们/r", "他/r", "她/r", "小王/nr", "李明/nr", "张老师/nr", "王芳/nr", "同事/n"],
    ride: ["打车/v", "坐/v 地铁/n", "骑/v 单车/n", "开车/v"],
    place: ["北京/ns", "上海/ns", "成都/ns", "重庆/ns", "深圳/ns", "西湖/ns", "机场/n", "火车站/n", "公司/n"],
    amount: ["60/nx", "8/nx", "128/nx", "3999/nx", "19.9/nx", "二十/m", "一百/m"],
    few: ["一/m", "两/m", "三/m", "5/nx"],
    goods: ["杯/q 咖啡/n", "本/q 书/n", "张/q 车票/n", "台/q 电脑/n", "斤/q 苹果/n", "件/q 衣服/n"],
    degree: ["很/d", "非常/d", "比较/d", "有点/d"],
    quality: ["好/a", "不错/a", "安静/a", "热闹/a", "舒服/a", "一般/a"],
    organisation: ["腾讯/nt", "这/r 家/q 公司/n", "清华大学/nt", "研究所/n"],
    product: ["手机/n", "耳机/n", "电动车/n", "翻译机/n"],
    document: ["会议/n 记录/n", "合同/n", "报告/n", "照片/n"],
    venue: ["餐厅/n", "书店/n", "咖啡馆/n", "酒店/n"],
  },
  categories: { place: "地点", ride: "交通", organisation: "机构", product: "商品", goods: "商品", venue: "地点" },
};

const ENGLISH: Language = {
  separator: " ",
  sentences: [
    "{person} took/nx {ride} to/nx {place} {time} and/nx paid/nx {amount} dollars/nx ./w",
    "The/nx weather/nx in/nx {place} is/nx {quality} {time} ./w",
    "{organisation} released/nx a/nx new/nx {product} for/nx {amount} dollars/nx ./w",
    "Please/nx send/nx {document} to/nx {person} ,/w thank/nx you/nx !/w",
    "{person} said/nx the/nx {venue} was/nx {quality} ./w",
    "Does/nx the/nx train/nx from/nx {place} to/nx {place} take/nx {few} hours/nx ?/w",
  ],
  groups: {
    time: ["today/nx", "yesterday/nx", "last/nx week/nx", "tomorrow/nx"],
    person: ["Alice/nx", "Mr/nx Li/nx", "my/nx colleague/nx", "Wang/nx Fang/nx"],
    ride: ["a/nx taxi/nx", "the/nx subway/nx", "a/nx bus/nx"],
    place: ["Beijing/nx", "Chengdu/nx", "London/nx", "the/nx airport/nx"],
    amount: ["60/nx", "8/nx", "128/nx", "19.9/nx", "twenty/nx"],
    few: ["two/nx", "three/nx", "5/nx"],
    quality: ["fine/nx", "quiet/nx", "rather/nx good/nx", "so-so/nx"],
    organisation: ["Tencent/nx", "The/nx university/nx", "Their/nx company/nx"],
    product: ["phone/nx", "headset/nx", "e-bike/nx"],
    document: ["the/nx contract/nx", "the/nx minutes/nx", "your/nx report/nx"],
    venue: ["restaurant/nx", "bookshop/nx", "hotel/nx"],
  },
  categories: {
    place: "Location",
    ride: "Transport",
    organisation: "Organisation",
    product: "Product",
    venue: "Location",
  },
};

/** As many tokens as asked for; the last sentence is cut off there. Sometimes a tricky word. */
export function writeSegmentation(random: Random, count: number): Segmentation {
  const language = random.chance(0.75) ? CHINESE : ENGLISH;
  const tokens: Token[] = [];
  const labels = new Map<string, string>();
  let text = "";
  let offset = 0;
  const add = ([word, pos]: Word) => {
    const gap = tokens.length === 0 ? "" : language.separator;
    text += gap + word;
    offset += gap.length;
    const length = Array.from(word).length;
    tokens.push({ word, offset, length, pos });
    offset += length;
  };
  while (tokens.length < count) {
    for (const { words, category } of random.chance(0.2) ? trickySentence(random) : writeSentence(random, language)) {
      for (const word of words.slice(0, count - tokens.length)) {
        add(word);
        if (category !== undefined && word === words.at(-1)) labels.set(word[0], category);
      }
    }
  }
  return { text, tokens, labels: [...labels].map(([word, category]) => ({ category, word })) };
}

interface Phrase {
  words: readonly Word[];
  category?: string | undefined;
}

function writeSentence(random: Random, { sentences, groups, categories }: Language): Phrase[] {
  return random
    .pick(sentences)
    .split(" ")
    .map((slot) => {
      const group = /^\{(\w+)\}$/.exec(slot)?.[1];
      if (group === undefined) return { words: [toWord(slot)] };
      return {
        words: random
          .pick(groups[group] as readonly string[])
          .split(" ")
          .map(toWord),
        category: categories[group],
      };
    });
}

const trickySentence = (random: Random): Phrase[] => [
  { words: [["代码", "n"], ["是", "v"], random.pick(TRICKY), ["。", "w"]] },
];

function toWord(text: string): Word {
  const slash = text.lastIndexOf("/");
  return [text.slice(0, slash), text.slice(slash + 1)];
}
