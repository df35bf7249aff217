// SPDX-License-Identifier: Apache-2.0
// The plan as a drawing: who was hit, and column by column whom it reaches. The table says the same.
import { t, word } from '../../i18n';
import { useWidth } from '../../ui/hooks';
import { orgName, useHub } from '../context';
import type { Warning } from '../types';

const ROW = 44;
const BOX = 32;
const SHOWN = 12; // in one column

interface Node { id: string; label: string; x: number; y: number; kind: string }

export function PlanGraph({ victim, warnings }: { victim: string; warnings: Warning[] }) {
  const hub = useHub();
  const [ref, width] = useWidth(900);
  const others = warnings.filter((w) => w.org !== victim);
  const columns: { title: string; items: Warning[] }[] = [
    ...[1, 2, 3, 4, 5, 6].map((depth) => ({ title: t('hub.graph_depth', { n: depth }), items: others.filter((w) => w.depth === depth) })),
    { title: t('hub.graph_other'), items: others.filter((w) => !w.depth) },
  ].filter((c) => c.items.length > 0);
  const step = width / (columns.length + 1);
  const boxWidth = Math.min(190, step - 28);
  const height = 30 + Math.max(1, ...columns.map((c) => Math.min(SHOWN, c.items.length) + (c.items.length > SHOWN ? 1 : 0))) * ROW;
  const nodes = new Map<string, Node>();
  nodes.set(victim, { id: victim, label: orgName(hub, victim), x: 0, y: 30, kind: 'victim' });
  columns.forEach((c, i) => c.items.slice(0, SHOWN).forEach((w, j) => {
    nodes.set(w.org ?? '', { id: w.org ?? '', label: orgName(hub, w.org ?? ''), x: (i + 1) * step, y: 30 + j * ROW, kind: w.state });
  }));
  const edges = columns.flatMap((c) => c.items.slice(0, SHOWN)).flatMap((w) => {
    const to = nodes.get(w.org ?? '');
    const from = nodes.get(w.path && w.path.length > 1 ? (w.path[w.path.length - 2] ?? victim) : victim);
    return to && from ? [{ from, to, isPath: !!w.path && w.path.length > 1 }] : [];
  });
  const most = Math.max(4, Math.floor((boxWidth - 16) / 13));
  const short = (text: string) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  return (
    <div class="plan-graph" ref={ref}>
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={t('hub.graph_label', { n: others.length })}>
        <text class="graph-head" x={0} y={16}>{t('hub.graph_victim')}</text>
        {columns.map((c, i) => <text class="graph-head" x={(i + 1) * step} y={16}>{c.title}</text>)}
        {edges.map((e) => (
          <path class={e.isPath ? 'graph-edge' : 'graph-edge graph-loose'} d={`M${e.from.x + boxWidth} ${e.from.y + BOX / 2} C${e.from.x + boxWidth + 24} ${e.from.y + BOX / 2} ${e.to.x - 24} ${e.to.y + BOX / 2} ${e.to.x} ${e.to.y + BOX / 2}`} />
        ))}
        {[...nodes.values()].map((n) => (
          <g>
            <title>{n.label} – {n.kind === 'victim' ? t('hub.graph_victim') : word('hub.w', n.kind)}</title>
            <rect class={`graph-box graph-${n.kind}`} x={n.x} y={n.y} width={boxWidth} height={BOX} rx="8" />
            <text class="graph-name" x={n.x + 9} y={n.y + BOX / 2 + 5}>{short(n.label)}</text>
          </g>
        ))}
        {columns.map((c, i) => c.items.length > SHOWN && <text class="graph-head" x={(i + 1) * step} y={30 + SHOWN * ROW + 16}>{t('hub.and_more', { n: c.items.length - SHOWN })}</text>)}
      </svg>
    </div>
  );
}
