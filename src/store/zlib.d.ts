/** The functions of Node's zlib that are used here: workers-types have none of Node's modules. */
declare module "node:zlib" {
  interface DeflateOptions {
    level?: number;
    dictionary?: Uint8Array;
  }
  function deflateRawSync(bytes: Uint8Array, options: DeflateOptions): Uint8Array<ArrayBuffer>;
  function gzipSync(bytes: Uint8Array, options: DeflateOptions): Uint8Array<ArrayBuffer>;
  /** Throws if the bytes are no gzip. */
  function gunzipSync(bytes: Uint8Array): Uint8Array<ArrayBuffer>;
  /** Throws if the bytes are not what `deflateRawSync` gave. */
  function inflateRawSync(bytes: Uint8Array, options: DeflateOptions): Uint8Array<ArrayBuffer>;
}
