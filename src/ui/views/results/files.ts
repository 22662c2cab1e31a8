/** Results that are files or about files: pages of a document, a picture before and after, hashes, archives. */
import { html } from "hono/html";
import type { DocumentResult } from "../../../results/document.ts";
import type { FileHash, FileResult } from "../../../results/file.ts";
import type { Inspection, Picture, PictureResult } from "../../../results/picture.ts";
import { type Html, numberText, type View } from "../../view.ts";
import { copyButton, breakable, exactTime, type Fact, facts, sizeText } from "../elements.ts";
import { fileList, group, joined } from "./parts.ts";

export function documentView(view: View, result: DocumentResult): Html {
  const words = view.texts.results;
  const { bucket, region, targetType, pageCount, succeededCount, failedCount, sheetCount, pages } = result;
  const counts = succeededCount === null || pageCount === null ? null : words.pageCounts(succeededCount, pageCount);
  const files = pages.flatMap(({ object, ...page }) =>
    object === null ? [] : [{ ...page, object, bucket: null, region: null, md5: null }],
  );
  return html`${facts([
    [words.pages, counts ?? (pageCount === null ? null : numberText(view, pageCount))],
    [words.failedPages, failedCount === null || failedCount === 0 ? null : numberText(view, failedCount)],
    [words.sheets, sheetCount === null || sheetCount === 0 ? null : numberText(view, sheetCount)],
    [words.targetType, targetType],
    [view.texts.fields.bucket, joined([bucket, region])],
  ])}
  ${fileList(view, words.files, "page", files, ({ page, pictureInSheet, picturesInSheet }) =>
    joined([
      page === null ? null : picturesInSheet === null ? words.page(page) : words.sheet(page),
      pictureInSheet === null || picturesInSheet === null
        ? null
        : `${words.pictureInSheet} ${pictureInSheet}/${picturesInSheet}`,
    ]),
  )}`;
}

export function pictureView(view: View, { files, original, processed, inspection }: PictureResult): Html {
  const words = view.texts.results;
  return html`${(original !== null || processed !== null) && beforeAndAfter(view, original, processed)}
  ${inspection !== null && inspectionView(view, inspection)} ${fileList(view, words.files, "output", files)}`;
}

function beforeAndAfter(view: View, original: Picture | null, processed: Picture | null): Html {
  const words = view.texts.results;
  const properties: [name: string, of: (picture: Picture) => string | null][] = [
    [words.format, ({ format }) => format],
    [
      words.dimensions,
      ({ widthPixels, heightPixels }) =>
        widthPixels === null || heightPixels === null ? null : `${widthPixels}×${heightPixels}`,
    ],
    [view.texts.size, ({ sizeBytes }) => (sizeBytes === null ? null : sizeText(sizeBytes))],
    [words.pictureQuality, ({ quality }) => (quality === null ? null : String(quality))],
    [words.averageColor, ({ averageColor }) => averageColor],
    [words.orientation, ({ orientation }) => (orientation === null ? null : String(orientation))],
    ["ETag", ({ etag }) => etag],
  ];
  const said = properties.map(([name, of]) => ({
    name,
    before: original === null ? null : of(original),
    after: processed === null ? null : of(processed),
  }));
  return html`<table class="before-and-after">
    <thead>
      <tr>
        <th scope="col"><span class="hidden">${words.property}</span></th>
        <th scope="col">${words.original}</th>
        <th scope="col">${words.processed}</th>
      </tr>
    </thead>
    <tbody>
      ${said
        .filter(({ before, after }) => before !== null || after !== null)
        .map(
          ({ name, before, after }) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td>${before ?? view.texts.none}</td>
              <td>${after ?? view.texts.none}</td>
            </tr>`,
        )}
    </tbody>
  </table>`;
}

function inspectionView(view: View, { format, sizeBytes, isSuspicious, hidden }: Inspection): Html {
  const words = view.texts.results;
  const {
    firstByte,
    lastByte,
    sizeBytes: hiddenBytes,
  } = hidden ?? { firstByte: null, lastByte: null, sizeBytes: null };
  const place = firstByte === null || lastByte === null ? null : words.bytes(firstByte, lastByte);
  return html`${
    isSuspicious !== null &&
    html`<p>
      <span class="badge verdict" data-tone="${isSuspicious ? "bad" : "good"}"
        ><span>${isSuspicious ? words.suspicious : words.clean}</span></span
      >
    </p>`
  }
  ${facts([
    [words.format, format],
    [view.texts.size, sizeBytes === null ? null : sizeText(sizeBytes)],
    [
      words.hidden,
      hidden === null ? null : joined([hidden.type, place, hiddenBytes === null ? null : sizeText(hiddenBytes)]),
    ],
  ])}`;
}

export function fileView(view: View, result: FileResult): Html {
  const words = view.texts.results;
  if (result.kind === "hash") return hashView(view, result);
  const { bucket, region, fileCount } = result;
  const rows: Fact[] = [
    [words.fileCount, fileCount === null ? null : numberText(view, fileCount)],
    [view.texts.fields.bucket, joined([bucket, region])],
  ];
  if (result.kind === "files") return facts([...rows, [words.prefix, result.prefix]]);
  const { object } = result;
  const archive = object === null ? [] : [{ bucket, region, object, md5: null }];
  return html`${facts(rows)} ${fileList(view, words.archive, "archive", archive)}`;
}

/** Each hash with a button that copies it. */
function hashView(view: View, { md5, sha1, sha256, sizeBytes, lastModified, etag }: FileHash): Html {
  const { texts } = view;
  const words = texts.results;
  const hash = (name: string, id: string, value: string | null): Fact => [
    name,
    value === null ? null : html`<span class="copied"><code id="${id}">${value}</code>${copyButton(texts, id)}</span>`,
  ];
  return html`${group(
    words.hashes,
    true,
    facts([hash("MD5", "md5", md5), hash("SHA-1", "sha1", sha1), hash("SHA-256", "sha256", sha256)]),
  )}
  ${facts([
    [texts.size, sizeBytes === null ? null : sizeText(sizeBytes)],
    [words.lastModified, lastModified === null ? null : exactTime(lastModified)],
    ["ETag", etag === null ? null : breakable(etag)],
  ])}`;
}
