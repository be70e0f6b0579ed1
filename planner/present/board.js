"use strict";
/* What the board does in the browser. Every word and every number comes from Python; nothing is loaded. */
const plannerBoard = {
  panes(map, panes) {
    for (const [name, zIndex] of Object.entries(panes)) {
      const pane = map.createPane(name);
      pane.style.zIndex = zIndex;
    }
  },

  /* looks: name -> path options. icons: name -> HTML. foot: HTML under every popup of the layer, feet: by the feature's. */
  layer(data, { pane, looks = {}, icons = {}, foot = "", feet = {}, canvas = false, interactive = true }) {
    const renderer = canvas ? { renderer: L.canvas({ pane, padding: 0.4 }) } : {};
    return L.geoJSON(data, {
      pane,
      interactive,
      style: (feature) => ({ ...looks[feature.properties.look], ...renderer, pane, interactive }),
      pointToLayer: (feature, at) => {
        const { icon, label, extra, pin } = feature.properties;
        if (icon === undefined && label === undefined) {
          return L.circleMarker(at, { ...looks[feature.properties.look], pane, interactive });
        }
        const html = icon === undefined ? `<span>${label}</span>` : icons[icon];
        const className = icon === undefined ? "label" : `facility ${extra}`;
        const size = icon === undefined ? [0, 0] : pin ? [30, 38] : [24, 24];
        /* A pin points with its foot, and its popup opens above its head. */
        const drawn = { html, className, iconSize: size, ...(pin ? { iconAnchor: [15, 37], popupAnchor: [0, -34] } : {}) };
        return L.marker(at, { pane: icon === undefined ? "labels" : pane, interactive, keyboard: interactive, icon: L.divIcon(drawn) });
      },
      onEachFeature: (feature, layer) => {
        const { tip, popup } = feature.properties;
        if (tip) layer.bindTooltip(tip, { sticky: true, className: "tip" });
        if (popup) {
          const room = { minWidth: 320, maxWidth: 360, autoPanPaddingTopLeft: [62, 14], autoPanPaddingBottomRight: [70, 30] };
          const under = feet[feature.properties.foot] ?? foot;
          layer.bindPopup(() => `<article>${popup}${under}</article>`, room);
        }
      },
    });
  },

  start(map, { bounds, facilities, words, tabs: number }, layers) {
    const circles = layers.slice(0, number);
    const overlays = layers.slice(number);
    L.control.zoom({ position: "topleft", zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
    L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 160 }).addTo(map);
    map.attributionControl.setPrefix(words.attribution);
    const north = L.control({ position: "topleft" });
    north.onAdd = () => {
      const arrow = L.DomUtil.create("div", "north");
      arrow.innerHTML = `<svg viewBox="0 0 20 26" aria-hidden="true"><path d="M10 1L17 24L10 19L3 24Z"/></svg>${words.north}`;
      return arrow;
    };
    north.addTo(map);

    const tabs = [...document.querySelectorAll("[data-tab]")];
    const show = (index) => {
      document.body.dataset.circle = index;
      tabs.forEach((tab) => tab.setAttribute("aria-pressed", String(Number(tab.dataset.tab) === index)));
      document.querySelectorAll("[data-for]").forEach((part) => { part.hidden = Number(part.dataset.for) !== index; });
    };
    tabs.forEach((tab) => tab.addEventListener("click", () => {
      const chosen = circles[Number(tab.dataset.tab)];
      map.closePopup();
      circles.forEach((circle) => { if (circle !== chosen) map.removeLayer(circle); });
      map.addLayer(chosen);
    }));
    map.on("baselayerchange", (event) => show(circles.indexOf(event.layer)));
    show(0);

    /* A tick hides what has a verdict; a button shows or hides what is proposed, as the layer control does. */
    document.querySelectorAll("[data-hides]").forEach((tick) => {
      tick.addEventListener("change", () => document.body.classList.toggle(`without-${tick.dataset.hides}`, !tick.checked));
    });
    document.querySelectorAll("[data-hides-plan]").forEach((button) => {
      button.addEventListener("click", () => {
        button.setAttribute("aria-pressed", String(!document.body.classList.toggle("without-rejected")));
      });
    });
    document.querySelectorAll("[data-overlay]").forEach((button) => {
      const layer = overlays[Number(button.dataset.overlay)];
      const tell = () => button.setAttribute("aria-pressed", String(map.hasLayer(layer)));
      button.addEventListener("click", () => { if (map.hasLayer(layer)) map.removeLayer(layer); else map.addLayer(layer); });
      map.on("overlayadd overlayremove layeradd layerremove", tell);
      tell();
    });

    /* The open compound is outlined, and a ring marks the facility it walks to. */
    let ring = null;
    let picked = null;
    map.on("popupopen", ({ popup }) => {
      const layer = popup._source;
      const { to, look } = (layer && layer.feature && layer.feature.properties) || {};
      if (!look) return;
      picked = layer.getElement();
      picked.classList.add("picked");
      layer.closeTooltip();
      if (facilities[to]) {
        ring = L.circleMarker(facilities[to], { radius: 18, weight: 4, color: "#d9480f", fill: false, interactive: false, pane: "ring" }).addTo(map);
      }
    });
    map.on("popupclose", () => {
      if (picked) picked.classList.remove("picked");
      if (ring) ring.remove();
      picked = ring = null;
    });

    const far = () => map.getContainer().classList.toggle("far", map.getZoom() < 14.5);
    map.on("zoomend", far);
    const fit = () => { map.invalidateSize(); map.fitBounds(bounds, { padding: [18, 18], animate: false }); };
    fit();
    far();
    window.addEventListener("load", fit);
  },
};
