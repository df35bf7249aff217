// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact';

/** The heading of a page; it gets the focus when the page is opened. */
export function Head(props: { title: string; lead?: string; over?: ComponentChildren; children?: ComponentChildren }) {
  return (
    <header class="page-head">
      {props.over && <div class="over">{props.over}</div>}
      <h1 tabIndex={-1} id="page-title">{props.title}</h1>
      {props.lead && <p class="lead">{props.lead}</p>}
      {props.children}
    </header>
  );
}
