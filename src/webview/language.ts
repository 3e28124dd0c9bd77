import { speak } from "../core/language.ts";

// Before anything says something: what the extension has put into the page.
const translations = document.getElementById("translations")?.textContent;
if (translations) speak(JSON.parse(translations));
