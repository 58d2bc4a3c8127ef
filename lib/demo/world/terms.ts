/** The states and DC by the physicians who practise there, roughly in thousands. */
export const states = {
  AL: 12, AK: 2, AZ: 19, AR: 7, CA: 118, CO: 17, CT: 14, DE: 3, DC: 6, FL: 62, GA: 28, HI: 5, ID: 4, IL: 38, IN: 17, IA: 8, KS: 7, KY: 12, LA: 13, ME: 4,
  MD: 26, MA: 34, MI: 32, MN: 19, MS: 6, MO: 19, MT: 3, NE: 5, NV: 7, NH: 5, NJ: 31, NM: 6, NY: 82, NC: 29, ND: 2, OH: 37, OK: 9, OR: 14, PA: 45, RI: 5,
  SC: 13, SD: 2, TN: 18, TX: 72, UT: 8, VT: 2, VA: 25, WA: 24, WV: 5, WI: 17, WY: 1,
};
export type State = keyof typeof states;

/** Where the people of the local test data are licensed: few states, and not the large ones. */
export const testStates: Partial<Record<State, number>> = { FL: 38, OH: 20, GA: 12, AZ: 10, NV: 8, UT: 5, NM: 4, TX: 3 };

export const providerTypes = { MD: 52, DO: 12, NP: 18, PA: 12, RN: 6 };

export const specialties = {
  "Family Medicine": 16, "Internal Medicine": 15, "Emergency Medicine": 10, "Psychiatry": 9, "Pediatrics": 8, "Anesthesiology": 6, "Obstetrics and Gynecology": 6,
  "Radiology": 5, "General Surgery": 5, "Cardiology": 5, "Dermatology": 4, "Neurology": 4, "Orthopedic Surgery": 4, "Urgent Care": 3,
};

/** Boards of osteopathic medicine stand apart from the medical board in these states. */
export const osteopathicStates: State[] = ["AZ", "CA", "FL", "ME", "MI", "NV", "NM", "OK", "PA", "TN", "UT", "VT", "WA", "WV", "HI", "AL"];

export const organizationNames = [
  "Lakeside Physician Group", "Northfield Telehealth", "Summit Emergency Partners", "Harborview Anesthesia Associates", "Prairie Behavioral Health",
  "Cedar Valley Hospitalists", "Bluewater Urgent Care", "Ironwood Medical Staffing", "Granite State Pediatrics", "Sunbelt Locums", "Evergreen Women's Health",
  "Redstone Radiology Network",
];

export const practiceNames = [
  "Lakeside Main Clinic", "Lakeside West Clinic", "Northfield Virtual Care", "Summit North Campus", "Harborview Surgery Center", "Prairie Counseling Center",
  "Cedar Valley Hospital", "Bluewater Downtown",
];

/** The 49 topics of continuing education, by category. */
export const topics: Record<string, string[]> = {
  Prescribing: [
    "Opioid Prescribing", "Controlled Substances", "Pain Management", "Substance Use Disorders", "Medication Safety", "Antimicrobial Stewardship",
    "Medical Cannabis", "Pharmacology", "MATE Act Training",
  ],
  Ethics: [
    "Medical Ethics", "Professional Boundaries", "Jurisprudence", "Informed Consent", "Professional Responsibility", "End of Life Care", "Palliative Care",
    "Organ and Tissue Donation",
  ],
  Safety: [
    "Risk Management", "Patient Safety", "Medical Errors Prevention", "Infection Control", "Sepsis", "Bloodborne Pathogens", "Emergency Preparedness",
    "Workplace Violence",
  ],
  Protection: [
    "Child Abuse Recognition", "Elder Abuse Recognition", "Domestic Violence", "Human Trafficking", "Sexual Assault Care", "Suicide Prevention",
  ],
  Equity: ["Cultural Competency", "Implicit Bias", "Health Equity", "LGBTQ Health", "Maternal Health", "Rural Health"],
  Clinical: [
    "Alzheimer's and Dementia", "Geriatric Medicine", "HIV and AIDS", "Hepatitis", "Lyme Disease", "Nutrition", "Telemedicine", "Immunization",
    "Traumatic Brain Injury", "Acupuncture", "Radiation Safety", "Physician Wellness",
  ],
};
