"use strict";
{
	const field = document.querySelector("input[type=search]");
	const status = document.querySelector("[role=status]");
	const items = [...document.querySelectorAll("tbody tr:not(.up),.tiles li:not(.up)")];
	const fold = s => s.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
	let names;
	const filter = () => {
		names ??= items.map(e => fold(e.querySelector("a").textContent));
		const part = fold(field.value);
		let n = 0;
		items.forEach((e, i) => { n += !(e.hidden = !names[i].includes(part)); });
		status.textContent = part ? n + " of " + items.length + " shown" : "";
	};
	// A search that was asked for is no filter: what was found may have matched by its accents only.
	const asked = field.defaultValue;
	field.addEventListener("input", () => { if (field.value !== asked || asked === "") filter(); });
	addEventListener("pageshow", () => { if (field.value !== asked) filter(); });

	addEventListener("keydown", e => {
		if (e.ctrlKey || e.metaKey || e.altKey) return;
		if (e.key === "/" && document.activeElement !== field) {
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

	const narrow = matchMedia("(max-width:40rem)");
	const localize = () => {
		const form = new Intl.DateTimeFormat(undefined, narrow.matches ? {dateStyle: "short"} : {dateStyle: "medium", timeStyle: "short"});
		for (const t of document.querySelectorAll("time")) {
			t.title = t.dateTime;
			t.textContent = form.format(new Date(t.dateTime));
		}
	};
	narrow.addEventListener("change", localize);
	localize();
}
