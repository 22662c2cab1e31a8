/**
 * The part-of-speech codes of a segmentation, in words. The codes are those of the provider's page on submitting
 * a segmentation job (436/50414); the names are its own, and those of the Peking University tag set that it follows
 * where its own are slips (TG is no verb, VG no quantifier) or name two codes alike (I and L).
 */

/** Codes are in lower case, as callbacks send them; the page's table has them in upper case. */
export interface PartOfSpeech {
  code: string;
  en: string;
  zh: string;
}

const part = (code: string, en: string, zh: string): PartOfSpeech => ({ code, en, zh });

export const PARTS_OF_SPEECH: readonly PartOfSpeech[] = [
  part("a", "adjective", "形容词"),
  part("ad", "adverbial adjective", "副形词"),
  part("an", "nominal adjective", "名形词"),
  part("b", "distinguishing word", "区别词"),
  part("c", "conjunction", "连词"),
  part("d", "adverb", "副词"),
  part("e", "interjection", "叹词"),
  part("f", "locality word", "方位词"),
  part("g", "morpheme", "语素"),
  part("h", "preceding component", "前接成分"),
  part("i", "idiom", "成语"),
  part("j", "abbreviation", "简称略语"),
  part("k", "trailing component", "后接成分"),
  part("l", "idiomatic phrase", "习用语"),
  part("m", "numeral", "数词"),
  part("n", "noun", "名词"),
  part("nr", "person name", "人名"),
  part("nrf", "surname", "姓"),
  part("nrg", "given name", "名"),
  part("ns", "place name", "地名"),
  part("nt", "organisation", "机构团体"),
  part("nz", "other proper name", "其他专名"),
  part("nx", "non-Chinese string", "非汉字串"),
  part("o", "onomatopoeia", "拟声词"),
  part("p", "preposition", "介词"),
  part("q", "quantifier", "量词"),
  part("r", "pronoun", "代词"),
  part("s", "location word", "处所词"),
  part("t", "time word", "时间词"),
  part("u", "particle", "助词"),
  part("v", "verb", "动词"),
  part("vd", "adverbial verb", "副动词"),
  part("vn", "nominal verb", "名动词"),
  part("w", "punctuation", "标点符号"),
  part("x", "non-morpheme word", "非语素字"),
  part("y", "modal particle", "语气词"),
  part("z", "state word", "状态词"),
  part("ag", "adjective morpheme", "形语素"),
  part("bg", "distinguishing morpheme", "区别语素"),
  part("dg", "adverbial morpheme", "副语素"),
  part("mg", "numeral morpheme", "数语素"),
  part("ng", "nominal morpheme", "名语素"),
  part("qg", "quantifying morpheme", "量语素"),
  part("rg", "pronominal morpheme", "代语素"),
  part("tg", "time morpheme", "时语素"),
  part("vg", "verbal morpheme", "动语素"),
  part("yg", "modal morpheme", "语气语素"),
  part("zg", "state morpheme", "状态语素"),
  part("unk", "unknown", "未知词性"),
];

const BY_CODE = new Map(PARTS_OF_SPEECH.map((known) => [known.code, known]));

/**
 * A code in words, in any case. The list of codes is open: an unknown code is its own name, as sent.
 * @example partOfSpeech("NX").en // "non-Chinese string"
 */
export function partOfSpeech(code: string): PartOfSpeech {
  return BY_CODE.get(code.toLowerCase()) ?? { code, en: code, zh: code };
}
