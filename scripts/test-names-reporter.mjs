// A reporter of node:test: name and file of every test, one JSON object a line.
export default async function* testNames(events) {
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    yield `${JSON.stringify({ name: data.name, file: data.file })}\n`;
  }
}
