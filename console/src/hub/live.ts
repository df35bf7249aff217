// SPDX-License-Identifier: Apache-2.0
/*
 * One live stream for a browser, however many tabs show the hub. The tab that holds a lock of the
 * browser opens it and tells the others through a channel; when that tab goes, the lock goes to the
 * next, which goes on behind the last change that anybody was told of.
 *
 *   tab 1 (has the lock) ── EventSource ──► hub
 *      └─ channel ─► tab 2 … tab 8
 */
export interface LiveWorld {
  /** Runs `work` while this tab, alone of all, holds the lock; `signal` gives it up. */
  lock: (work: () => Promise<void>, signal: AbortSignal) => Promise<unknown>;
  channel: () => { post: (message: Told) => void; hear: (on: (message: Told) => void) => void; close: () => void };
  open: (after: string | null, on: SourceEvents) => { close: () => void };
  later: (work: () => void, ms: number) => () => void;
}

export interface SourceEvents { ready: () => void; change: (id: string, kind: string) => void; over: () => void }

export type Told =
  | { what: 'change'; id: string; kind: string }
  | { what: 'state'; isLive: boolean }
  | { what: 'hello' }
  | { what: 'touched' }; // a person changed something in one of the tabs

export interface Live {
  /** What this tab changed is news to the others. */
  touch: () => void;
  stop: () => void;
}

const AGAIN_MS = 3000;

export function startLive(world: LiveWorld, on: { change: (kind: string) => void; state: (isLive: boolean) => void }): Live {
  const over = new AbortController();
  const channel = world.channel();
  let last: string | null = null;
  let isLive = false;
  let isLeader = false;
  const turn = (to: boolean) => {
    isLive = to;
    on.state(to);
    if (isLeader) channel.post({ what: 'state', isLive: to });
  };
  channel.hear((message) => {
    if (message.what === 'hello') {
      if (isLeader) channel.post({ what: 'state', isLive });
    } else if (message.what === 'state') {
      if (!isLeader) turn(message.isLive);
    } else if (message.what === 'change') {
      last = message.id;
      on.change(message.kind);
    } else {
      on.change('touched');
    }
  });
  channel.post({ what: 'hello' });

  const lead = () => new Promise<void>((resolve) => {
    isLeader = true;
    let cancel = () => {};
    let source: { close: () => void } | null = null;
    const begin = () => {
      let wasReady = false;
      source = world.open(last, {
        ready: () => {
          wasReady = true;
          turn(true);
        },
        change: (id, kind) => {
          last = id;
          channel.post({ what: 'change', id, kind });
          on.change(kind);
        },
        over: () => {
          source?.close();
          turn(false);
          // A number of before the hub was set up anew is refused: then from now on, and look at all.
          if (!wasReady && last !== null) {
            last = null;
            on.change('unknown');
            channel.post({ what: 'touched' });
          }
          cancel = world.later(begin, AGAIN_MS);
        },
      });
    };
    begin();
    over.signal.addEventListener('abort', () => {
      cancel();
      source?.close();
      isLeader = false;
      resolve();
    });
  });
  world.lock(lead, over.signal).catch(() => {
    // Given up before it was this tab's turn.
  });
  return {
    touch: () => channel.post({ what: 'touched' }),
    stop: () => {
      over.abort();
      channel.close();
    },
  };
}

/** The browser as it is. Without locks (a very old one) each tab has a stream of its own. */
export function browserWorld(path: string): LiveWorld {
  return {
    lock: (work, signal) => (navigator.locks ? navigator.locks.request('yagura.stream', { signal: signal.aborted ? undefined : signal }, work) : work()),
    channel: () => {
      const channel = new BroadcastChannel('yagura.live');
      return {
        post: (message) => channel.postMessage(message),
        hear: (on) => channel.addEventListener('message', (event) => on(event.data as Told)),
        close: () => channel.close(),
      };
    },
    open: (after, on) => {
      const source = new EventSource(after === null ? path : `${path}?after=${encodeURIComponent(after)}`);
      source.addEventListener('open', on.ready);
      source.addEventListener('change', (event) => {
        const message = event as MessageEvent<string>;
        let kind = 'unknown';
        try {
          kind = String((JSON.parse(message.data) as { kind?: unknown }).kind ?? kind);
        } catch {
          // What changed is not said: all is looked at again.
        }
        on.change(message.lastEventId, kind);
      });
      source.addEventListener('error', on.over);
      return { close: () => source.close() };
    },
    later: (work, ms) => {
      const timer = setTimeout(work, ms);
      return () => clearTimeout(timer);
    },
  };
}
