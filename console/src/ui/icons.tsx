// SPDX-License-Identifier: Apache-2.0
// Line icons drawn for these pages; always beside a word, never instead of one.
const PATHS = {
  check: 'M4 12.5l5 5L20 6.5',
  half: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18 M12 3v18 M12 7h6.5 M12 12h9 M12 17h6.5',
  cross: 'M6 6l12 12 M18 6L6 18',
  dash: 'M5 12h14',
  ring: 'M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16',
  seal: 'M12 3l7 3v5.5c0 4.3-2.9 7.8-7 9.5c-4.1-1.7-7-5.2-7-9.5V6z M8.5 12l2.5 2.5l4.5-5',
  speech: 'M4 5h16v11H11l-4.5 4v-4H4z',
  eye: 'M2.5 12c2.4-4.3 5.6-6.5 9.5-6.5s7.1 2.2 9.5 6.5c-2.4 4.3-5.6 6.5-9.5 6.5S4.900 16.300 2.5 12z M12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6',
  warn: 'M12 3.500L22 20.500H2z M12 10v5 M12 17.500v.5',
  clock: 'M12 3.500a8.500 8.500 0 1 0 0 17a8.500 8.500 0 1 0 0-17 M12 7.500V12l3.500 2.500',
  back: 'M15 5l-7 7l7 7',
  forward: 'M9 5l7 7l-7 7',
  down: 'M5 9l7 7l7-7',
  return: 'M9 5L4 10l5 5 M4 10h10a6 6 0 0 1 0 12h-2',
  swap: 'M4 8h14l-4-4 M20 16H6l4 4',
  file: 'M6 3h8l5 5v13H6z M14 3v5h5',
  clip: 'M8 12.500l6-6a3 3 0 0 1 4.500 4.500l-8 8a5 5 0 0 1-7-7l7.500-7.500',
  plus: 'M12 5v14 M5 12h14',
  pen: 'M4 20l1-5L16 4l4 4L9 19z M14 6l4 4',
  bin: 'M5 7h14 M9 7V4h6v3 M7 7l1 13h8l1-13',
  upload: 'M12 16V4 M7 9l5-5l5 5 M4 16v4h16v-4',
  download: 'M12 4v12 M7 11l5 5l5-5 M4 17v3h16v-3',
  search: 'M10.500 4a6.500 6.500 0 1 0 0 13a6.500 6.500 0 1 0 0-13 M15.500 15.500L21 21',
  menu: 'M4 7h16 M4 12h16 M4 17h16',
  home: 'M3 11l9-7l9 7 M6 9.500V20h12V9.500',
  frame: 'M4 4h10v10H4z M18 9h2.500 M18 15h2.500 M9 18v2.500',
  list: 'M9 6h12 M9 12h12 M9 18h12 M4 6h.5 M4 12h.5 M4 18h.5',
  steps: 'M3 20h5v-5h5v-5h5V5h3',
  table: 'M3 5h18v14H3z M3 10h18 M9 10v9',
  person: 'M12 4a4 4 0 1 0 0 8a4 4 0 1 0 0-8 M4 21c.7-4.200 3.600-6 8-6s7.300 1.800 8 6',
  report: 'M5 3h14v18H5z M9 8h6 M9 12h6 M9 16h3',
  book: 'M4 5c3-1.500 5.500-1.500 8 .5c2.500-2 5-2 8-.5v14c-3-1.500-5.500-1.500-8 .5c-2.500-2-5-2-8-.5z M12 5.500v14',
  history: 'M4 12a8 8 0 1 0 2.500-5.800L4 8.500 M4 4v4.500h4.500 M12 8v4.500l3 2',
  building: 'M5 21V4h9v17 M14 9h5v12 M3 21h18 M8 8h3 M8 12h3 M8 16h3',
  place: 'M12 21c-4.500-5-6.500-8.300-6.500-11a6.500 6.500 0 0 1 13 0c0 2.700-2 6-6.500 11z M12 7.500a2.500 2.500 0 1 0 0 5a2.500 2.500 0 1 0 0-5',
  network: 'M12 3v5 M9 3h6v4H9z M3 17h6v4H3z M15 17h6v4h-6z M12 8v4 M6 17v-5h12v5',
  cloud: 'M7 18a4 4 0 0 1-.5-8a6 6 0 0 1 11.500 1.500A3.300 3.300 0 0 1 17.500 18z',
  out: 'M4 4l16 16 M12 3.500a8.500 8.500 0 1 0 0 17a8.500 8.500 0 1 0 0-17',
  question: 'M9 9a3 3 0 1 1 4.500 2.600c-1 .6-1.500 1.200-1.500 2.400 M12 17.500v.5',
  coin: 'M12 3.500a8.500 8.500 0 1 0 0 17a8.500 8.500 0 1 0 0-17 M8.500 7.500l3.500 5l3.500-5 M12 12.500V17 M9 12.500h6 M9 15h6',
  team: 'M8 5a3 3 0 1 0 0 6a3 3 0 1 0 0-6 M16.500 7a2.500 2.500 0 1 0 0 5a2.500 2.500 0 1 0 0-5 M2.500 19c.4-3.700 2.300-5.500 5.500-5.500s5.100 1.800 5.500 5.500 M15 14.500c3.500-.5 5.800 1 6.500 4.500',
  print: 'M7 9V3h10v6 M7 17H4V9h16v8h-3 M7 14h10v7H7z',
  outside: 'M10 5H5v14h14v-5 M13 4h7v7 M20 4l-9 9',
  keyboard: 'M3 6h18v12H3z M7 10h.5 M11 10h.5 M15 10h.5 M7 14h10',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}

export function iconPath(name: IconName): string {
  return PATHS[name];
}

/** A watchtower. */
export function Mark({ size = 30 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path d="M16 2L29 10H3z" fill="currentColor" />
      <path d="M7 12h18v6H7z" fill="currentColor" opacity=".55" />
      <path d="M9 19l-3 11 M23 19l3 11 M8 24h16 M9 19l15 10 M23 19L8 29" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
    </svg>
  );
}
