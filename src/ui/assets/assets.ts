/** The one stylesheet and the one script, which `npm run assets` builds, and the icon: each under a path that changes when it does. */
import script from "../built/page.client.js";
import styles from "../built/page.css";

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#2f5bd7"/><path d="M9 17.5l5 5 9-12" fill="none" stroke="#fff" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

/** 53 bits of `text` (cyrb53), which is to tell versions apart and nothing more. Module scope has no SHA-256. */
function fingerprint(text: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    a = Math.imul(a ^ unit, 2_654_435_761);
    b = Math.imul(b ^ unit, 1_597_334_677);
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
  return (2_097_151 & b).toString(16).padStart(6, "0") + (a >>> 0).toString(16).padStart(8, "0");
}

interface Asset {
  name: string;
  type: string;
  text: string;
}

const asset = (stem: string, extension: string, type: string, text: string): Asset => ({
  name: `${stem}.${fingerprint(text)}.${extension}`,
  type,
  text,
});

const STYLE = asset("page", "css", "text/css; charset=utf-8", styles);
const SCRIPT = asset("page", "js", "text/javascript; charset=utf-8", script);
const MARK = asset("icon", "svg", "image/svg+xml", ICON);

/** By their names, as they are served under `/ui/assets/`. */
export const ASSETS: ReadonlyMap<string, Asset> = new Map([STYLE, SCRIPT, MARK].map((known) => [known.name, known]));

export const ASSET_PATHS = {
  style: `/ui/assets/${STYLE.name}`,
  script: `/ui/assets/${SCRIPT.name}`,
  icon: `/ui/assets/${MARK.name}`,
};
