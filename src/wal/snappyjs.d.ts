// snappyjs 0.7 ships no types; what is used of it.
declare module 'snappyjs' {
  const snappyjs: {
    compress(input: Uint8Array): Uint8Array;
    uncompress(input: Uint8Array, maxLength?: number): Uint8Array;
  };
  export default snappyjs;
}
