// News of the runs. Browsers allow six connections to a host over all tabs, so one tab holds the
// stream of events (whoever owns the lock) and passes them to the others.
export function listen(handle) {
  const channel = new BroadcastChannel('charrnn-events');
  const names = ['snapshot', 'metrics', 'sample', 'model', 'model_refused', 'runs', 'shutdown'];
  channel.onmessage = ({ data }) => handle(data.name, data.data);

  let source = null;
  const lead = () =>
    new Promise(() => {
      source = new EventSource('charrnn/v1/events');
      for (const name of names) {
        source.addEventListener(name, (event) => {
          const message = { name, data: JSON.parse(event.data) };
          channel.postMessage(message);
          handle(message.name, message.data);
        });
      }
    }); // never settles: the lock is held until the tab goes
  if (navigator.locks) navigator.locks.request('charrnn-events', lead);
  else lead();
  return () => {
    source?.close();
    channel.close();
  };
}
