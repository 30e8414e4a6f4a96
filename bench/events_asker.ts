/** Asks an event log without a pause, until it is ended. */
import { EventStore } from "../src/events/event_store.ts";

// The types of a worker's globals would replace those of the main thread in every other file.
const scope = self as unknown as {
  onmessage: (event: MessageEvent<{ path: string; streams: string[] }>) => void;
};

scope.onmessage = (event) => {
  const { path, streams } = event.data;
  const reader = new EventStore(path, { readOnly: true });
  setInterval(() => {
    const stream = streams[Math.floor(Math.random() * streams.length)]!;
    reader.find({ stream }, 100);
    reader.find({ stream, label: "person", fromMs: Date.now() - 86_400_000 }, 100);
  }, 5);
};
