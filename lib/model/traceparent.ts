// https://www.w3.org/TR/trace-context/#traceparent-header
const pattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Whether it is a W3C traceparent. One that is not is to be ignored, not refused. */
export function isTraceparent(text: string | undefined): text is string {
  return text !== undefined && pattern.test(text);
}
