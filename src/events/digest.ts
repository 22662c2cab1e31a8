/** SHA-256 of a text, in 64 hexadecimal digits. */
export async function digestText(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}
