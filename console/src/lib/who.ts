// SPDX-License-Identifier: Apache-2.0
// Who sits here: the session's actor, or the name last typed on this machine where the session only
// knows that someone is local.
const STORED = 'yagura.by';

export function actorName(actor: string): string {
  const name = actor.replace(/^[a-z-]+:/, '');
  return name === 'local' ? '' : name;
}

export function whoAnswers(actor: string): string {
  const name = actorName(actor);
  if (name) return name;
  try {
    return localStorage.getItem(STORED) ?? '';
  } catch {
    return '';
  }
}

export function rememberName(name: string): void {
  try {
    localStorage.setItem(STORED, name);
  } catch {
    // Then it is typed again.
  }
}
