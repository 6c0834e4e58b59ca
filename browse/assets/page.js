"use strict";
{
	const field = document.querySelector("input[type=search]");
	const status = document.querySelector("[role=status]");
	const items = [...document.querySelectorAll(".ls tbody tr:not(.up),.tiles li:not(.up)")];
	const fold = s => s.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
	let names;
	const filter = () => {
		// The name alone: neither what it is a link to, nor its size.
		names ??= items.map(e => fold([...(e.querySelector("a>span") ?? e.querySelector("a")).childNodes].map(n => n.localName === "i" ? "" : n.textContent).join("").trim()));
		const part = fold(field.value);
		let n = 0;
		items.forEach((e, i) => { n += !(e.hidden = !names[i].includes(part)); });
		status.textContent = part ? n.toLocaleString("en") + " of " + items.length.toLocaleString("en") + " on this page" + status.dataset.more : "";
	};
	// A search that was asked for is no filter: what was found may have matched by its accents only.
	const asked = field.defaultValue;
	field.addEventListener("input", () => { if (field.value !== asked || asked === "") filter(); });
	addEventListener("pageshow", () => { if (field.value !== asked) filter(); });

	addEventListener("keydown", e => {
		if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
		if (e.key === "/" && !e.target.closest?.("input,textarea,select,[contenteditable]")) {
			field.focus();
			e.preventDefault();
		} else if (e.key === "Escape" && document.activeElement === field) {
			field.value = "";
			filter();
		} else if (e.key === "ArrowDown" || e.key === "ArrowUp") {
			const links = items.filter(e => !e.hidden).map(e => e.querySelector("a"));
			const here = links.indexOf(document.activeElement);
			const next = links[here + (e.key === "ArrowDown" ? 1 : -1)];
			if (next && (here >= 0 || document.activeElement === field)) {
				next.focus();
				e.preventDefault();
			}
		}
	});

	// Before this was read, some images may have failed already.
	const broken = img => { img.outerHTML = '<svg aria-hidden="true"><use href="#i"/></svg>'; };
	for (const img of document.querySelectorAll(".tiles img")) {
		if (img.complete && img.naturalWidth === 0) broken(img);
		else img.addEventListener("error", () => broken(img));
	}

	const form = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "short"});
	for (const t of document.querySelectorAll("#list time")) {
		t.title = t.dateTime;
		t.textContent = form.format(new Date(t.dateTime));
	}
	document.querySelector(".utc")?.remove();
}
