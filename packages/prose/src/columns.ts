/** Mails to a kernel list are read at this width. */
export const COLUMNS = 75;
