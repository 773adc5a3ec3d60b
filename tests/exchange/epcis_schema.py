"""What EPCIS 2.0 and CBV 2.0 ask of an ObjectEvent in JSON, written from the standards for these tests.

GS1 EPCIS 2.0.1, 7.4.1 (ObjectEvent), 10 (JSON-LD binding); CBV 2.0.0, 7.1 (bizStep), 7.2 (disposition), 7.3
(business transaction types), 8.2 (object identifiers). GS1's own schema file is not part of this repository.
"""

import re

URI = {"type": "string", "format": "uri"}
STEPS = re.findall(
    r"\w+",
    "accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting "
    "decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting "
    "installing killing loading other packing picking receiving removing repackaging repairing replacing reserving "
    "retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting "
    "unloading unpacking void_shipping",
)
DISPOSITIONS = re.findall(
    r"\w+",
    "active available completeness_inferred completeness_verified conformant container_closed container_open damaged "
    "destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class mismatch_instance "
    "mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other partially_dispensed "
    "recalled reserved retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable unknown",
)
TRANSACTIONS = re.findall(r"\w+", "bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt")

EVENT = {
    "type": "object",
    "properties": {
        "type": {"const": "ObjectEvent"},
        "eventID": {"type": "string", "pattern": r"^ni:///sha-256;[0-9a-f]{64}\?ver=CBV2\.0$"},
        "eventTime": {"type": "string", "format": "date-time"},
        "eventTimeZoneOffset": {"type": "string", "pattern": r"^[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)$"},
        "epcList": {"type": "array", "items": URI, "uniqueItems": True, "minItems": 1},
        "quantityList": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "epcClass": URI,
                    "quantity": {"type": "number", "exclusiveMinimum": 0},
                    # UN/CEFACT Recommendation 20: two or three letters and digits.
                    "uom": {"type": "string", "pattern": "^[A-Z0-9]{2,3}$"},
                },
                "required": ["epcClass", "quantity"],
                "additionalProperties": False,
            },
        },
        "action": {"enum": ["OBSERVE", "ADD", "DELETE"]},
        "bizStep": {"enum": STEPS},
        "disposition": {"enum": DISPOSITIONS},
        "readPoint": {"type": "object", "properties": {"id": URI}, "required": ["id"]},
        "bizLocation": {"type": "object", "properties": {"id": URI}, "required": ["id"]},
        "bizTransactionList": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {"type": {"anyOf": [{"enum": TRANSACTIONS}, URI]}, "bizTransaction": URI},
                "required": ["bizTransaction"],
                "additionalProperties": False,
            },
        },
        "ilmd": {"type": "object", "propertyNames": {"pattern": "^[a-z]+:[A-Za-z]+$"}},
    },
    "patternProperties": {"^cbvmda:[A-Za-z]+$": {"type": "string"}},
    "additionalProperties": False,
    "required": ["type", "eventTime", "eventTimeZoneOffset", "action"],
    "anyOf": [{"required": ["epcList"]}, {"required": ["quantityList"]}],
    # Instance and lot master data are of what begins to be.
    "if": {"required": ["ilmd"]},
    "then": {"properties": {"action": {"const": "ADD"}}},
}
DOCUMENT = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "@context": {"type": "array", "minItems": 1, "items": {"anyOf": [URI, {"type": "object"}]}},
        "type": {"const": "EPCISDocument"},
        "schemaVersion": {"const": "2.0"},
        "creationDate": {"type": "string", "format": "date-time"},
        "epcisBody": {
            "type": "object",
            "properties": {"eventList": {"type": "array", "items": EVENT}},
            "required": ["eventList"],
            "additionalProperties": False,
        },
    },
    "required": ["@context", "type", "schemaVersion", "creationDate", "epcisBody"],
    "additionalProperties": False,
}
