// What each field takes of what was read: { value }, { order } (the label of an order, at 发货), or { wrong: name of a sentence }.
const SLIP = /\/m\/[A-Za-z0-9_.-]{20,80}(?:[/?#\s]|$)/;
const LOT = /\/t\/[^/?#\s]+/;
const TRACE = /^[0-9A-Z]{12}$/;
const WAYBILL = /^[A-Z]{0,4}[0-9][0-9A-Z-]{6,38}$/;

export const KINDS = {
  slip: {
    bars: false,
    take(text) {
      if (SLIP.test(text)) return { value: text };
      return { wrong: LOT.test(text) ? "slipIsLot" : "slipIsNone" };
    },
  },
  lot: {
    bars: false,
    take(text) {
      if (LOT.test(text) || TRACE.test(text)) return { value: text };
      return { wrong: SLIP.test(text) ? "lotIsSlip" : "lotIsNone" };
    },
  },
  parcel: {
    bars: true,
    take(text, orders) {
      const plain = text.trim().toUpperCase();
      if (orders.includes(plain)) return { order: plain };
      if (/^[0-9]{12}-[0-9]+$/.test(plain)) return { wrong: "orderIsElsewhere" };
      return WAYBILL.test(plain) ? { value: plain } : { wrong: "parcelIsNone" };
    },
  },
};
