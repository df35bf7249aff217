// SPDX-License-Identifier: Apache-2.0
// The plain text of a notice (src/render/notice.c) as a page: nothing is added, left out or put in another order.
import type { ComponentChildren } from 'preact';

export type Block =
  | { kind: 'title'; text: string }
  | { kind: 'mark'; text: string }
  | { kind: 'text'; text: string }
  | { kind: 'rows'; rows: { key: string; values: string[] }[] }
  | { kind: 'list'; isNumbered: boolean; items: string[] };

/** Lines as the text has them: "# part", "*** sentence", "  key: value" with more values below, "  1. item", "  - item". */
export function blocks(text: string): Block[] {
  const found: Block[] = [];
  let isOpen = false;
  for (const line of text.split('\n')) {
    const last = isOpen ? found[found.length - 1] : undefined;
    const item = /^ {2}(\d+\.|-) (.*)$/.exec(line);
    const row = /^ {2}(\S[^:]*): (.*)$/.exec(line);
    isOpen = line.trim() !== '';
    if (!isOpen) continue;
    if (line.startsWith('# ')) found.push({ kind: 'title', text: line.slice(2) });
    else if (line.startsWith('*** ')) found.push({ kind: 'mark', text: line.slice(4) });
    else if (item) {
      const isNumbered = item[1] !== '-';
      if (last?.kind === 'list' && last.isNumbered === isNumbered) last.items.push(item[2] as string);
      else found.push({ kind: 'list', isNumbered, items: [item[2] as string] });
    } else if (last?.kind === 'rows' && /^ {4}\S/.test(line)) last.rows[last.rows.length - 1]?.values.push(line.trim());
    else if (row && last?.kind === 'rows') last.rows.push({ key: row[1] as string, values: [row[2] as string] });
    else if (row) found.push({ kind: 'rows', rows: [{ key: row[1] as string, values: [row[2] as string] }] });
    else found.push({ kind: 'text', text: line.trim() });
  }
  return found;
}

function show(b: Block): ComponentChildren {
  switch (b.kind) {
    case 'title': return <h2 class="notice-part">{b.text}</h2>;
    case 'mark': return <p class="notice-mark">{b.text}</p>;
    case 'text': return <p>{b.text}</p>;
    case 'rows': return <dl class="dl">{b.rows.map((r) => <><dt>{r.key}</dt><dd>{r.values.map((v) => <p>{v}</p>)}</dd></>)}</dl>;
    case 'list': return b.isNumbered ? <ol>{b.items.map((i) => <li>{i}</li>)}</ol> : <ul>{b.items.map((i) => <li>{i}</li>)}</ul>;
  }
}

export function NoticeText({ text }: { text: string }) {
  return <article class="card notice-text">{blocks(text).map(show)}</article>;
}
