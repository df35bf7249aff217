// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact';
import { App } from './app';
import { HubApp } from './hub/app';
import { startLang } from './i18n';
import './css/console.css';

startLang();
const root = document.getElementById('app');
if (root) render(document.documentElement.dataset['pages'] === 'hub' ? <HubApp /> : <App />, root);
