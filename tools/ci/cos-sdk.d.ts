/** The signature function of Tencent's SDK, which publishes no types for it. */
declare module "cos-nodejs-sdk-v5/sdk/util.js" {
  interface Signing {
    SecretId: string;
    SecretKey: string;
    Method: string;
    /** Decoded. */
    Pathname: string;
    /** Parameters and headers, decoded. */
    Query: Readonly<Record<string, string>>;
    Headers: Readonly<Record<string, string>>;
    /** `<start>;<end>`, in seconds since 1970. */
    KeyTime: string;
  }
  const util: { getAuth(signing: Signing): string };
  export default util;
}
