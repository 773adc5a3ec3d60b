"""What the objects of FHIR R4 may hold, and what is made of each element here.

After the structure definitions of FHIR R4 (http://hl7.org/fhir/R4/). What is ignored changes neither whom the
prescription is for nor what is to be injected; what cannot be kept and might is `unsaid`, and refused.
"""

from dispensary.rules.fhir.document import Elements


def _elements(of: str, used: str, ignored: str = "", unsaid: str = "") -> Elements:
    return Elements(of, *(frozenset(names.split()) for names in (used, ignored, unsaid)))


_RESOURCE = "resourceType meta language text"
_NEVER = "implicitRules modifierExtension"

BUNDLE = _elements(
    "Bundle", "resourceType type entry", "meta language identifier timestamp link total", "implicitRules signature"
)
ENTRY = _elements("Bundle.entry", "fullUrl resource request", "link", "modifierExtension search response")
REQUEST = _elements(
    "MedicationRequest",
    "contained identifier status intent doNotPerform reportedBoolean medicationCodeableConcept medicationReference "
    "subject authoredOn requester reasonCode note dosageInstruction dispenseRequest substitution",
    f"{_RESOURCE} statusReason category priority encounter supportingInformation performer performerType recorder "
    "reasonReference instantiatesCanonical instantiatesUri basedOn groupIdentifier courseOfTherapyType insurance "
    "eventHistory",
    f"{_NEVER} reportedReference priorPrescription detectedIssue",
)
DISPENSE_REQUEST = _elements(
    "MedicationRequest.dispenseRequest",
    "validityPeriod numberOfRepeatsAllowed quantity expectedSupplyDuration",
    "performer",
    "modifierExtension initialFill dispenseInterval",
)
SUBSTITUTION = _elements(
    "MedicationRequest.substitution", "allowedBoolean", "reason", "modifierExtension allowedCodeableConcept"
)
MEDICATION = _elements(
    "Medication",
    "status code",
    f"{_RESOURCE} contained identifier manufacturer batch",
    f"{_NEVER} form amount ingredient",
)
PATIENT = _elements(
    "Patient",
    "identifier active name birthDate deceasedBoolean",
    f"{_RESOURCE} contained telecom gender address maritalStatus multipleBirthBoolean multipleBirthInteger photo "
    "contact communication generalPractitioner managingOrganization",
    f"{_NEVER} deceasedDateTime link",
)
PRACTITIONER = _elements(
    "Practitioner",
    "identifier active name",
    f"{_RESOURCE} contained telecom address gender birthDate photo qualification communication",
    _NEVER,
)
DOSAGE = _elements(
    "Dosage",
    "sequence text timing asNeededBoolean site route doseAndRate",
    "",
    "modifierExtension additionalInstruction patientInstruction asNeededCodeableConcept method maxDosePerPeriod "
    "maxDosePerAdministration maxDosePerLifetime",
)
DOSE_AND_RATE = _elements("Dosage.doseAndRate", "doseQuantity", "type", "doseRange rateRatio rateRange rateQuantity")
TIMING = _elements("Timing", "repeat code", "", "modifierExtension event")
REPEAT = _elements(
    "Timing.repeat",
    "boundsDuration boundsRange boundsPeriod count countMax frequency period periodMax periodUnit when",
    "",
    "duration durationMax durationUnit frequencyMax dayOfWeek timeOfDay offset",
)
QUANTITY = _elements("Quantity", "value unit system code", "", "comparator")
RANGE = _elements("Range", "low high")
PERIOD = _elements("Period", "start end")
CONCEPT = _elements("CodeableConcept", "coding text")
CODING = _elements("Coding", "system code display", "version userSelected")
REFERENCE = _elements("Reference", "reference identifier", "type display")
IDENTIFIER = _elements("Identifier", "use system value", "type period assigner")
NAME = _elements("HumanName", "use text family given", "prefix suffix period")
ANNOTATION = _elements("Annotation", "text", "authorReference authorString time")
