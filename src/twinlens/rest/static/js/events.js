/** Parser for server-sent events; unlike EventSource it supports POST, and does not reconnect. */

import { said } from "./server.js";

/** @param {Response} answer @returns {AsyncGenerator<{name: string, data: any}>} */
export async function* eventsOf(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let kept = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (kept + value).split("\n\n");
    kept = parts.pop();
    for (const part of parts) {
      const name = /^event: (.*)$/m.exec(part);
      const data = /^data: (.*)$/m.exec(part);
      if (!name || !data) continue;
      const state = JSON.parse(data[1]);
      yield { name: name[1], data: state.message ? { ...state, message: await said(state.message) } : state };
    }
  }
}
