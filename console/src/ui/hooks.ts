// SPDX-License-Identifier: Apache-2.0
import { createContext } from 'preact';
import { useCallback, useContext, useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../api';
import { lang } from '../i18n';
import type { Head, Session } from '../types';

export interface Loaded<T> {
  data: T | null;
  error: Problem | null;
  isLoading: boolean;
  reload: () => void;
  set: (data: T) => void;
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, 'internal', '', error instanceof Error ? error.message : String(error));
}

/** Fetch what `key` names, again when it or the language changes; an older answer never wins. */
export function useLoad<T>(key: string, fetchIt: () => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key: string; data: T | null; error: Problem | null; isLoading: boolean }>({
    key: '', data: null, error: null, isLoading: true,
  });
  const [turn, setTurn] = useState(0);
  const latest = useRef(0);
  const whole = `${lang()} ${key}`;
  useEffect(() => {
    const mine = ++latest.current;
    setState((old) => ({ key, data: old.key === key ? old.data : null, error: null, isLoading: true }));
    fetchIt().then(
      (data) => mine === latest.current && setState({ key, data, error: null, isLoading: false }),
      (error) => mine === latest.current && setState({ key, data: null, error: asProblem(error), isLoading: false }),
    );
  }, [whole, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  const set = useCallback((data: T) => setState({ key, data, error: null, isLoading: false }), [key]);
  const isOld = state.key !== key;
  return { data: isOld ? null : state.data, error: isOld ? null : state.error, isLoading: isOld || state.isLoading, reload, set };
}

/** One change at a time: `run` says whether it went well; `error` holds why not. */
export function useAction(): { isBusy: boolean; error: Problem | null; clear: () => void; run: (work: () => Promise<void>) => Promise<boolean> } {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Problem | null>(null);
  const busy = useRef(false);
  const run = useCallback(async (work: () => Promise<void>) => {
    if (busy.current) return false;
    busy.current = true;
    setBusy(true);
    setError(null);
    try {
      await work();
      return true;
    } catch (fault) {
      setError(asProblem(fault));
      return false;
    } finally {
      busy.current = false;
      setBusy(false);
    }
  }, []);
  return { isBusy, error, clear: useCallback(() => setError(null), []), run };
}

export interface AppState {
  session: Session;
  reloadSession: () => void;
  head: Head | null;
  reloadHead: () => void;
  say: (text: string) => void; // to the live region
}

export const AppContext = createContext<AppState | null>(null);

export function useApp(): AppState {
  const app = useContext(AppContext);
  if (!app) throw new Error('outside of the application');
  return app;
}

/** For pages that only exist with an assessment. */
export function useHead(): Head {
  const { head } = useApp();
  if (!head) throw new Error('no assessment is open');
  return head;
}

let counter = 0;
export function useId(prefix = 'f'): string {
  const [id] = useState(() => `${prefix}${++counter}`);
  return id;
}

/** Width of an element as it changes. */
export function useWidth(initial: number): [(node: HTMLElement | null) => void, number] {
  const [width, setWidth] = useState(initial);
  const observer = useRef<ResizeObserver | null>(null);
  const ref = useCallback((node: HTMLElement | null) => {
    observer.current?.disconnect();
    if (!node) return;
    setWidth(Math.floor(node.clientWidth) || initial);
    observer.current = new ResizeObserver(() => setWidth(Math.floor(node.clientWidth) || initial));
    observer.current.observe(node);
  }, []);
  return [ref, width];
}
