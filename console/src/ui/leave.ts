// SPDX-License-Identifier: Apache-2.0
// Unsaved edits: who has some, and asking before they are left behind.
import { useLayoutEffect } from 'preact/hooks';

const dirty = new Set<object>();
let ask: ((go: () => void) => void) | null = null;

export function hasEdits(): boolean {
  return dirty.size > 0;
}

export function forgetEdits(): void {
  dirty.clear();
}

export function useUnsaved(isDirty: boolean): void {
  useLayoutEffect(() => {
    if (!isDirty) return undefined;
    const token = {};
    dirty.add(token);
    return () => void dirty.delete(token);
  }, [isDirty]);
}

/** How to ask: called with what to do when the person leaves after all. */
export function onLeave(how: (go: () => void) => void): void {
  ask = how;
}

export function guard(go: () => void): void {
  if (hasEdits() && ask) ask(go);
  else go();
}

/** Go to an address of these pages ("#/…"), after asking. */
export function navigate(hash: string): void {
  guard(() => {
    location.hash = hash;
  });
}
