/** Files of this folder are text to the Worker: `[[rules]]` in wrangler.toml. */
declare module "*.css" {
  const text: string;
  export default text;
}
declare module "*.client.js" {
  const text: string;
  export default text;
}
