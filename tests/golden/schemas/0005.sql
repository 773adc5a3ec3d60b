BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0005');
CREATE TABLE answer (
	request_id INTEGER NOT NULL, 
	receipt TEXT NOT NULL, 
	CONSTRAINT pk_answer PRIMARY KEY (request_id), 
	CONSTRAINT fk_answer_request_id FOREIGN KEY(request_id) REFERENCES request (id)
);
INSERT INTO "answer" VALUES(1,'{"products":["US-CY-ARG1","US-CY-FK1","US-CY-SOM1","US-CY-LIF1","US-CY-ZYD1","US-CY-GLA10","US-CY-HIK10","US-CY-VIT30","US-CY-DOD10","US-HY-ACT30","US-ME-CMP10","NO-CY-TAK1","NO-HY-TAK1","NO-HY-ORI1"]}');
INSERT INTO "answer" VALUES(2,'{"key":"key-1","lines":[{"expires":"2027-11-30","lot":"A1","place":"shelf","product":"US-CY-ARG1","serial":null,"units":40}],"notes":[],"receipt":"R1"}');
INSERT INTO "answer" VALUES(3,'{"key":"key-2","lines":[{"expires":"2027-11-30","lot":"T77","place":"shelf","product":"NO-CY-TAK1","serial":null,"units":20}],"notes":[],"receipt":"R2"}');
INSERT INTO "answer" VALUES(4,'{"key":"key-3","lines":[{"expires":"2027-11-30","lot":"A1","place":"shelf","product":"US-CY-ARG1","serial":null,"units":10}],"notes":[],"receipt":"R3"}');
INSERT INTO "answer" VALUES(5,'{"prescriber":"PR1"}');
INSERT INTO "answer" VALUES(6,'{"patient":"P1"}');
INSERT INTO "answer" VALUES(7,'{"patient":"P2"}');
INSERT INTO "answer" VALUES(8,'{"patient":"P3"}');
INSERT INTO "answer" VALUES(9,'{"directions":"1 mg IM weekly","form":"cyanocobalamin","patient":"P1","prescriber":"PR1","refills":2,"rx":"RX1","valid_until":"2027-11-20","written":"2026-11-20"}');
INSERT INTO "answer" VALUES(10,'{"directions":"1 mg subcut every 2 to 3 days","form":"cyanocobalamin","patient":"P2","prescriber":"PR1","refills":3,"rx":"RX2","valid_until":"2027-11-20","written":"2026-11-20"}');
INSERT INTO "answer" VALUES(11,'{"directions":"1 mg IM weekly","form":"cyanocobalamin","patient":"P3","prescriber":"PR1","refills":0,"rx":"RX3","valid_until":"2027-11-20","written":"2026-11-20"}');
INSERT INTO "answer" VALUES(12,'{"audit":{"hash":"86ecf4a93cae16878c0a7327192632c11c0e33b9876f98a17da92f0343de951d","sequence":13},"days_supply":28,"dispense":"D1","fill":1,"findings":[{"code":"leber","message":"The patient has Leber''s disease, in which cyanocobalamin has caused severe and swift optic atrophy.","reason":"seen by the eye clinic","severity":"override"}],"key":"old-1","last_injection":"2026-12-12","lines":[{"expires":"2027-11-30","lot":"T77","product":"NO-CY-TAK1","units":4}],"next_fill_on":"2026-12-19","refills_left":2,"rx":"RX1","skipped":[],"units":4}');
INSERT INTO "answer" VALUES(13,'{"audit":{"hash":"49031dca2c1594527191ab09206f66e948979fc38620a8e3706a364e2e6a5be4","sequence":14},"days_supply":14,"dispense":"D2","fill":1,"findings":[],"key":"old-2","last_injection":"2026-12-09","lines":[{"expires":"2027-11-30","lot":"T77","product":"NO-CY-TAK1","units":7}],"next_fill_on":"2026-12-05","refills_left":3,"rx":"RX2","skipped":[],"units":7}');
INSERT INTO "answer" VALUES(14,'{"audit":{"hash":"4febb85c76d22c0aaa9c4a664bdd9a5a672948a2c833231aafeec8babcd2ef9c","sequence":15},"days_supply":21,"dispense":"D3","fill":1,"findings":[],"key":"old-3","last_injection":"2026-12-05","lines":[{"expires":"2027-11-30","lot":"T77","product":"NO-CY-TAK1","units":3}],"next_fill_on":"2026-12-12","refills_left":0,"rx":"RX3","skipped":[],"units":3}');
INSERT INTO "answer" VALUES(15,'{"dispense":"D2","key":"key-11","lines":[{"expires":"2027-11-30","lot":"T77","place":"quarantine","product":"NO-CY-TAK1","units":2}],"reason":"undelivered","return_":"RT1","units":2}');
INSERT INTO "answer" VALUES(16,'{"audit":{"hash":"5fa9fe29d2ae8cbcce4ad22e034adcec4b7f0fb87b0f76e37296468156111305","sequence":17},"days_supply":28,"dispense":"D4","fill":2,"findings":[{"code":"leber","message":"The patient has Leber''s disease, in which cyanocobalamin has caused severe and swift optic atrophy.","reason":"as before","severity":"override"}],"key":"old-4","last_injection":"2027-01-09","lines":[{"expires":"2027-11-30","lot":"T77","product":"NO-CY-TAK1","units":4}],"next_fill_on":"2027-01-16","refills_left":1,"rx":"RX1","skipped":[],"units":4}');
INSERT INTO "answer" VALUES(17,'{"user":"kim"}');
INSERT INTO "answer" VALUES(18,'{"notes":[],"patient":"P4"}');
INSERT INTO "answer" VALUES(19,'{"directions":"1 mg IM weekly","fills":[],"form":"cyanocobalamin","notes":[],"patient":"P4","phases":[{"as_needed":false,"dose_mcg":1000,"interval":"weekly","lasting":"","route":"IM"}],"prescriber":"PR1","product":null,"refills":2,"refills_left":2,"rx":"RX4","state":"active","valid_until":"2027-11-20","written":"2026-11-20"}');
INSERT INTO "answer" VALUES(20,'{"key":"key-503","product":"NO-CY-TAK1","rx":"RX4","units":99,"usable_units":2}');
INSERT INTO "answer" VALUES(21,'{"act":"hold","key":"key-504","reason":"the prescriber is asked about the quantity","refills_left":2,"rx":"RX4","state":"held","to_pharmacy":null,"units_left":297}');
INSERT INTO "answer" VALUES(22,'{"dark":true,"key":"key-3000","kind":"shelf","place":"shelf-2","temperature":"20-25"}');
INSERT INTO "answer" VALUES(23,'{"expires":"2027-11-30","from_":"shelf","key":"key-3001","lot":"A1","misfits":[],"move":"S1","product":"US-CY-ARG1","reason":"more room","to":"shelf-2","units":6}');
INSERT INTO "answer" VALUES(24,'{"audit":{"hash":"d79e1dc361737a4e3d90c20e448565b4c60ab217469cd1e06c1d2caa8cee3f06","sequence":25},"by":"alex","discard_at":"2026-12-19T09:30:00-05:00","expires":"2027-11-30","key":"key-3002","lot":"A1","notes":[],"opened_at":"2026-11-21T09:30:00-05:00","place":"shelf","preservative":"benzyl alcohol 15 mg/mL","product":"US-CY-ARG1","protect_from_light":true,"remaining_ul":1000,"state":"open","usable_hours":672,"vial":"V1","volume_ul":1000}');
INSERT INTO "answer" VALUES(25,'{"audit":{"hash":"572ef23db599d4af23d12b8a859aa6ddda4462c53a8a501dc4f791b5eeedab7c","sequence":26},"before_ul":1000,"discard_at":"2026-12-19T09:30:00-05:00","dose_mcg":1000,"draw":"DR1","drawn_ul":1000,"findings":[{"code":"duplicate_supply","message":"The patient is supplied with B12 on RX3 (cyanocobalamin) until 2026-12-12: ask the prescriber which is meant.","reason":"prescriber_consulted: judged","reason_code":"prescriber_consulted","severity":"override","source":"duplicate therapy"},{"code":"level_missing","message":"No B12 level of the patient is on record: enter one, or ask the prescriber.","reason":null,"reason_code":null,"severity":"note","source":"B12 injections for neuropathy: documented deficiency, B12 level monitored"}],"given_as":"administered","key":"key-3003","lot":"A1","next_injection":null,"notes":[],"opened_at":"2026-11-21T09:30:00-05:00","product":"US-CY-ARG1","remaining_ul":0,"rx":null,"state":"discarded","usable_hours":672,"vial":"V1","volume_ul":1000,"wasted_ul":0}');
INSERT INTO "answer" VALUES(26,'{"audit":{"hash":"528459e863d4aec3d8396406e3242b80d3929166cf20b35088fde9d438c5f6d3","sequence":27},"by":"alex","discard_at":"2026-12-19T09:30:00-05:00","expires":"2027-11-30","key":"key-3004","lot":"A1","notes":[],"opened_at":"2026-11-21T09:30:00-05:00","place":"shelf","preservative":"benzyl alcohol 15 mg/mL","product":"US-CY-ARG1","protect_from_light":true,"remaining_ul":1000,"state":"open","usable_hours":672,"vial":"V2","volume_ul":1000}');
INSERT INTO "answer" VALUES(27,'{"held":false,"key":"key-3005","limit_minutes":null,"lot":"A1","minutes":20,"note":"left on the counter","product":"US-CY-ARG1","total_minutes":20,"vial":"V2"}');
INSERT INTO "answer" VALUES(28,'{"act":"hold","answered":[],"expires":"2027-11-30","from_":"available","key":"key-3006","lot":"A1","made":[],"product":"US-CY-ARG1","reason":"to hold","state":"held"}');
INSERT INTO "answer" VALUES(29,'{"act":"release","answered":[{"act":"hold","by":"alex","on":"2026-11-21","reason":"to hold"}],"expires":"2027-11-30","from_":"held","key":"key-3007","lot":"A1","made":[],"product":"US-CY-ARG1","reason":"to release","state":"available"}');
INSERT INTO "answer" VALUES(30,'{"count":"C1","key":"key-3008","lines":[{"expires":"2027-11-30","lot":"A1","place":"shelf-2","product":"US-CY-ARG1"}],"place":"shelf-2","product":null}');
INSERT INTO "answer" VALUES(31,'{"count":"C1","expires":"2027-11-30","key":"key-3009","lot":"A1","place":"shelf-2","product":"US-CY-ARG1","units":5}');
INSERT INTO "answer" VALUES(32,'{"abandoned":false,"count":"C1","key":"key-3010","lines":[{"book_units":6,"counted_units":5,"expires":"2027-11-30","lot":"A1","place":"shelf-2","product":"US-CY-ARG1","variance":-1}],"reason":"one was broken"}');
INSERT INTO "answer" VALUES(33,'{"duplicates":0,"excursions":[],"file":"log.csv","first":"2026-11-21 07:35:00-05:00","gaps":0,"held":0,"key":"key-3011","last":"2026-11-21 09:05:00-05:00","longest_gap_from":null,"longest_gap_minutes":0,"missing":0,"place":"shelf-2","readings":19,"repeated":0,"unjudged":[]}');
INSERT INTO "answer" VALUES(34,'{"class_":"I","covers":"lot Z9","dated":"2026-11-21","key":"key-3012","lots":[],"reason":"lacks sterility","recall":"RC1","reference":"D-0793-2026"}');
INSERT INTO "answer" VALUES(35,'{"again":null,"copy":1,"design":"dispense-100x62","job":"PJ1","kind":"dispense","position":null,"printer":null,"record":"D1"}');
INSERT INTO "answer" VALUES(36,'{"again":null,"copy":2,"design":"dispense-100x62","job":"PJ2","kind":"dispense","position":null,"printer":"counter","record":"D1"}');
INSERT INTO "answer" VALUES(37,'{"again":null,"copy":3,"design":"dispense-100x62","job":"PJ3","kind":"dispense","position":3,"printer":"office","record":"D1"}');
INSERT INTO "answer" VALUES(38,'{"again":null,"copy":1,"design":"shelf-62x29","job":"PJ4","kind":"shelf","position":null,"printer":"counter","record":"NO-CY-TAK1"}');
INSERT INTO "answer" VALUES(39,'{"user":"pia"}');
INSERT INTO "answer" VALUES(40,'{"user":"nightly"}');
INSERT INTO "answer" VALUES(41,'{"notes":[],"patient":"P5"}');
INSERT INTO "answer" VALUES(42,'{"erased_on":"2026-12-21","key":"key-903","patient":"P5"}');
INSERT INTO "answer" VALUES(43,'{"given_by":"alex","user":"alex"}');
INSERT INTO "answer" VALUES(44,'{"given_by":"alex","user":"pia"}');
INSERT INTO "answer" VALUES(45,'{"given_by":"pia","user":"pia"}');
INSERT INTO "answer" VALUES(46,'{"given_by":"alex","user":"pia"}');
INSERT INTO "answer" VALUES(47,'{"role":"pharmacist","site":"North","user":"alex"}');
INSERT INTO "answer" VALUES(48,'{"user":"nora"}');
INSERT INTO "answer" VALUES(49,'{"role":"auditor","site":"Corner Pharmacy","user":"nora"}');
CREATE TABLE audit_event (
	site_id INTEGER NOT NULL, 
	sequence INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	actor TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	patient TEXT NOT NULL, 
	request_key TEXT NOT NULL, 
	canonical TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	CONSTRAINT pk_audit_event PRIMARY KEY (site_id, sequence), 
	CONSTRAINT fk_audit_event_site_id FOREIGN KEY(site_id) REFERENCES site (id)
);
INSERT INTO "audit_event" VALUES(1,1,'2026-11-21 14:30:00.000000','alex','init','Corner Pharmacy','','init','18:dispensary audit 1,11:test-origin,1:1,64:0000000000000000000000000000000000000000000000000000000000000000,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,4:init,15:Corner Pharmacy,0:,4:init,60:{"name":"Corner Pharmacy","role":"pharmacist","user":"alex"},','965cb2bdb40724ca1a4becfb9475fbba78753bac297f60dc7854fe0f0662e835');
INSERT INTO "audit_event" VALUES(1,2,'2026-11-21 14:30:00.000000','alex','product import','starter formulary','','init','18:dispensary audit 1,11:test-origin,1:2,64:965cb2bdb40724ca1a4becfb9475fbba78753bac297f60dc7854fe0f0662e835,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,14:product import,17:starter formulary,0:,4:init,201:{"products":["US-CY-ARG1","US-CY-FK1","US-CY-SOM1","US-CY-LIF1","US-CY-ZYD1","US-CY-GLA10","US-CY-HIK10","US-CY-VIT30","US-CY-DOD10","US-HY-ACT30","US-ME-CMP10","NO-CY-TAK1","NO-HY-TAK1","NO-HY-ORI1"]},','7e24b99eab15b89012075e43a5ce3f4c7f9e47e48a19c49f346da51a069c3fd0');
INSERT INTO "audit_event" VALUES(1,3,'2026-11-21 14:30:00.000000','alex','receive','R1','','key-1','18:dispensary audit 1,11:test-origin,1:3,64:7e24b99eab15b89012075e43a5ce3f4c7f9e47e48a19c49f346da51a069c3fd0,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,7:receive,2:R1,0:,5:key-1,95:{"lines":[["US-CY-ARG1","A1","2027-11-30",null,40]],"place":"shelf","unit_cost_micros":3250000},','f24705b19e8e4895bb5238304bc71425253bc1b522a58cb5c238f3ee2f6e451b');
INSERT INTO "audit_event" VALUES(1,4,'2026-11-21 14:30:00.000000','alex','receive','R2','','key-2','18:dispensary audit 1,11:test-origin,1:4,64:f24705b19e8e4895bb5238304bc71425253bc1b522a58cb5c238f3ee2f6e451b,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,7:receive,2:R2,0:,5:key-2,93:{"lines":[["NO-CY-TAK1","T77","2027-11-30",null,20]],"place":"shelf","unit_cost_micros":null},','5150b827aa4f13de6cdfdbcb778215e2dd2de80629aed631180221d2ad5f06c9');
INSERT INTO "audit_event" VALUES(1,5,'2026-11-21 14:30:00.000000','alex','receive','R3','','key-3','18:dispensary audit 1,11:test-origin,1:5,64:5150b827aa4f13de6cdfdbcb778215e2dd2de80629aed631180221d2ad5f06c9,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,7:receive,2:R3,0:,5:key-3,95:{"lines":[["US-CY-ARG1","A1","2027-11-30",null,10]],"place":"shelf","unit_cost_micros":4000000},','7312d630f4071e1d3526d5de8a7da7510aeda3faa5ef28d25fbb8cd93f97c08d');
INSERT INTO "audit_event" VALUES(1,6,'2026-11-21 14:30:00.000000','alex','prescriber add','PR1','','key-4','18:dispensary audit 1,11:test-origin,1:6,64:7312d630f4071e1d3526d5de8a7da7510aeda3faa5ef28d25fbb8cd93f97c08d,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,14:prescriber add,3:PR1,0:,5:key-4,78:{"hpr":null,"name":"Dr. Ida Berg","npi":"1234567893","profession":"physician"},','8d97a1d6d247916851af8a4cd28dc92b4dbe4848a06b701695b0f26ba780bbf0');
INSERT INTO "audit_event" VALUES(1,7,'2026-11-21 14:30:00.000000','alex','patient add','P1','adca8519d34c5a38ee3a05cd4b07fef541bbfa903ac8d6b9910c7f09aa65a14d','key-5','18:dispensary audit 1,11:test-origin,1:7,64:8d97a1d6d247916851af8a4cd28dc92b4dbe4848a06b701695b0f26ba780bbf0,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,11:patient add,2:P1,64:adca8519d34c5a38ee3a05cd4b07fef541bbfa903ac8d6b9910c7f09aa65a14d,5:key-5,2:{},','7b33aaf46d03dc802781e82d619e1d94551ea2dc6d7f6efc0743ce99a7b05e38');
INSERT INTO "audit_event" VALUES(1,8,'2026-11-21 14:30:00.000000','alex','patient add','P2','f42c3a9d60f1c774d6763b046c6f86f633ecefc381503e69e2937c7ff38b9421','key-6','18:dispensary audit 1,11:test-origin,1:8,64:7b33aaf46d03dc802781e82d619e1d94551ea2dc6d7f6efc0743ce99a7b05e38,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,11:patient add,2:P2,64:f42c3a9d60f1c774d6763b046c6f86f633ecefc381503e69e2937c7ff38b9421,5:key-6,2:{},','15addf38b3fed43b85ba984af7384f1bd1ff16a0f7e74879d3fe6997b87a507b');
INSERT INTO "audit_event" VALUES(1,9,'2026-11-21 14:30:00.000000','alex','patient add','P3','e118a4f025431eddb38581a803856c2e2a5238ce4808f723d40040d43bbb51df','key-7','18:dispensary audit 1,11:test-origin,1:9,64:15addf38b3fed43b85ba984af7384f1bd1ff16a0f7e74879d3fe6997b87a507b,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,11:patient add,2:P3,64:e118a4f025431eddb38581a803856c2e2a5238ce4808f723d40040d43bbb51df,5:key-7,2:{},','8456aa10fd324f288d3e4b052ac9867b084eecaa57faa84141902e15cf3901d5');
INSERT INTO "audit_event" VALUES(1,10,'2026-11-21 14:30:00.000000','alex','rx add','RX1','adca8519d34c5a38ee3a05cd4b07fef541bbfa903ac8d6b9910c7f09aa65a14d','key-8','18:dispensary audit 1,11:test-origin,2:10,64:8456aa10fd324f288d3e4b052ac9867b084eecaa57faa84141902e15cf3901d5,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,6:rx add,3:RX1,64:adca8519d34c5a38ee3a05cd4b07fef541bbfa903ac8d6b9910c7f09aa65a14d,5:key-8,167:{"days":null,"directions":"1 mg IM weekly","form":"cyanocobalamin","prescriber":"PR1","quantity_units":4,"refills":2,"valid_until":"2027-11-20","written":"2026-11-20"},','cb0bee57efccac24de57421867cde4f9f5b59fbe29c6932d03a89e900d85789f');
INSERT INTO "audit_event" VALUES(1,11,'2026-11-21 14:30:00.000000','alex','rx add','RX2','f42c3a9d60f1c774d6763b046c6f86f633ecefc381503e69e2937c7ff38b9421','key-9','18:dispensary audit 1,11:test-origin,2:11,64:cb0bee57efccac24de57421867cde4f9f5b59fbe29c6932d03a89e900d85789f,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,6:rx add,3:RX2,64:f42c3a9d60f1c774d6763b046c6f86f633ecefc381503e69e2937c7ff38b9421,5:key-9,183:{"days":14,"directions":"1 mg subcut every 2 to 3 days","form":"cyanocobalamin","prescriber":"PR1","quantity_units":null,"refills":3,"valid_until":"2027-11-20","written":"2026-11-20"},','468c2015710d1981bdf936c63ad875704ed2c60861a6a20154b01bbb8a1dca36');
INSERT INTO "audit_event" VALUES(1,12,'2026-11-21 14:30:00.000000','alex','rx add','RX3','e118a4f025431eddb38581a803856c2e2a5238ce4808f723d40040d43bbb51df','key-10','18:dispensary audit 1,11:test-origin,2:12,64:468c2015710d1981bdf936c63ad875704ed2c60861a6a20154b01bbb8a1dca36,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,6:rx add,3:RX3,64:e118a4f025431eddb38581a803856c2e2a5238ce4808f723d40040d43bbb51df,6:key-10,167:{"days":null,"directions":"1 mg IM weekly","form":"cyanocobalamin","prescriber":"PR1","quantity_units":4,"refills":0,"valid_until":"2027-11-20","written":"2026-11-20"},','f4c08d6ade0125df71221c7851a5dece9368d320273d9175c27e1d1b37cae0cc');
INSERT INTO "audit_event" VALUES(1,13,'2026-11-21 14:30:00.000000','alex','dispense','D1','adca8519d34c5a38ee3a05cd4b07fef541bbfa903ac8d6b9910c7f09aa65a14d','old-1','18:dispensary audit 1,11:test-origin,2:13,64:f4c08d6ade0125df71221c7851a5dece9368d320273d9175c27e1d1b37cae0cc,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,8:dispense,2:D1,64:adca8519d34c5a38ee3a05cd4b07fef541bbfa903ac8d6b9910c7f09aa65a14d,5:old-1,126:{"fill":1,"findings":[["leber","override","seen by the eye clinic"]],"lines":[["NO-CY-TAK1","T77","2027-11-30",4]],"rx":"RX1"},','86ecf4a93cae16878c0a7327192632c11c0e33b9876f98a17da92f0343de951d');
INSERT INTO "audit_event" VALUES(1,14,'2026-11-21 14:30:00.000000','alex','dispense','D2','f42c3a9d60f1c774d6763b046c6f86f633ecefc381503e69e2937c7ff38b9421','old-2','18:dispensary audit 1,11:test-origin,2:14,64:86ecf4a93cae16878c0a7327192632c11c0e33b9876f98a17da92f0343de951d,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,8:dispense,2:D2,64:f42c3a9d60f1c774d6763b046c6f86f633ecefc381503e69e2937c7ff38b9421,5:old-2,81:{"fill":1,"findings":[],"lines":[["NO-CY-TAK1","T77","2027-11-30",7]],"rx":"RX2"},','49031dca2c1594527191ab09206f66e948979fc38620a8e3706a364e2e6a5be4');
INSERT INTO "audit_event" VALUES(1,15,'2026-11-21 14:30:00.000000','alex','dispense','D3','e118a4f025431eddb38581a803856c2e2a5238ce4808f723d40040d43bbb51df','old-3','18:dispensary audit 1,11:test-origin,2:15,64:49031dca2c1594527191ab09206f66e948979fc38620a8e3706a364e2e6a5be4,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,8:dispense,2:D3,64:e118a4f025431eddb38581a803856c2e2a5238ce4808f723d40040d43bbb51df,5:old-3,81:{"fill":1,"findings":[],"lines":[["NO-CY-TAK1","T77","2027-11-30",3]],"rx":"RX3"},','4febb85c76d22c0aaa9c4a664bdd9a5a672948a2c833231aafeec8babcd2ef9c');
INSERT INTO "audit_event" VALUES(1,16,'2026-11-21 14:30:00.000000','alex','return','RT1','f42c3a9d60f1c774d6763b046c6f86f633ecefc381503e69e2937c7ff38b9421','key-11','18:dispensary audit 1,11:test-origin,2:16,64:4febb85c76d22c0aaa9c4a664bdd9a5a672948a2c833231aafeec8babcd2ef9c,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,6:return,3:RT1,64:f42c3a9d60f1c774d6763b046c6f86f633ecefc381503e69e2937c7ff38b9421,6:key-11,86:{"dispense":"D2","lines":[["NO-CY-TAK1","T77","2027-11-30",2]],"reason":"undelivered"},','0a776ab1cf168c9c045dd4c3d18f80f370f537f3a2e96c7973f6bae9d01ba610');
INSERT INTO "audit_event" VALUES(1,17,'2026-12-19 14:30:00.000000','alex','dispense','D4','adca8519d34c5a38ee3a05cd4b07fef541bbfa903ac8d6b9910c7f09aa65a14d','old-4','18:dispensary audit 1,11:test-origin,2:17,64:0a776ab1cf168c9c045dd4c3d18f80f370f537f3a2e96c7973f6bae9d01ba610,32:2026-12-19T14:30:00.000000+00:00,32:2026-12-19T09:30:00.000000-05:00,4:alex,8:dispense,2:D4,64:adca8519d34c5a38ee3a05cd4b07fef541bbfa903ac8d6b9910c7f09aa65a14d,5:old-4,113:{"fill":2,"findings":[["leber","override","as before"]],"lines":[["NO-CY-TAK1","T77","2027-11-30",4]],"rx":"RX1"},','5fa9fe29d2ae8cbcce4ad22e034adcec4b7f0fb87b0f76e37296468156111305');
INSERT INTO "audit_event" VALUES(1,18,'2026-11-21 14:30:00.000000','alex','user add','kim','','key-500','18:dispensary audit 1,11:test-origin,2:18,64:5fa9fe29d2ae8cbcce4ad22e034adcec4b7f0fb87b0f76e37296468156111305,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,8:user add,3:kim,0:,7:key-500,21:{"role":"technician"},','6a9542f2d1ef0f7627e53cf4077665b6535796592ca08980c74a46e55d41685f');
INSERT INTO "audit_event" VALUES(1,19,'2026-11-21 14:30:00.000000','alex','patient add','P4','aa5b5a7194b74f6b5063c95f89d8ef62c28768d340b10da70c66d0ac3cf51e70','key-501','18:dispensary audit 1,11:test-origin,2:19,64:6a9542f2d1ef0f7627e53cf4077665b6535796592ca08980c74a46e55d41685f,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,11:patient add,2:P4,64:aa5b5a7194b74f6b5063c95f89d8ef62c28768d340b10da70c66d0ac3cf51e70,7:key-501,2:{},','7b83ae5153ff5ec44cc6c1fdaa3bca3ef50aed054d607889d7ed6af5f36970ee');
INSERT INTO "audit_event" VALUES(1,20,'2026-11-21 14:30:00.000000','alex','rx add','RX4','aa5b5a7194b74f6b5063c95f89d8ef62c28768d340b10da70c66d0ac3cf51e70','key-502','18:dispensary audit 1,11:test-origin,2:20,64:7b83ae5153ff5ec44cc6c1fdaa3bca3ef50aed054d607889d7ed6af5f36970ee,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,6:rx add,3:RX4,64:aa5b5a7194b74f6b5063c95f89d8ef62c28768d340b10da70c66d0ac3cf51e70,7:key-502,202:{"as_written":false,"days":null,"directions":"1 mg IM weekly","form":"cyanocobalamin","prescriber":"PR1","product":null,"quantity_units":99,"refills":2,"valid_until":"2027-11-20","written":"2026-11-20"},','55d9372d704e20524129b618093c5c2bb2338a7ae2076601791203af6f8d8513');
INSERT INTO "audit_event" VALUES(1,21,'2026-11-21 14:30:00.000000','alex','rx owe','RX4','aa5b5a7194b74f6b5063c95f89d8ef62c28768d340b10da70c66d0ac3cf51e70','key-503','18:dispensary audit 1,11:test-origin,2:21,64:55d9372d704e20524129b618093c5c2bb2338a7ae2076601791203af6f8d8513,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,6:rx owe,3:RX4,64:aa5b5a7194b74f6b5063c95f89d8ef62c28768d340b10da70c66d0ac3cf51e70,7:key-503,52:{"product":"NO-CY-TAK1","units":99,"usable_units":2},','9ff8679b4364e01a0cf942e4c6865e1028eaf731f590a6f420650c4183bdb1ae');
INSERT INTO "audit_event" VALUES(1,22,'2026-11-21 14:30:00.000000','alex','rx hold','RX4','aa5b5a7194b74f6b5063c95f89d8ef62c28768d340b10da70c66d0ac3cf51e70','key-504','18:dispensary audit 1,11:test-origin,2:22,64:9ff8679b4364e01a0cf942e4c6865e1028eaf731f590a6f420650c4183bdb1ae,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,7:rx hold,3:RX4,64:aa5b5a7194b74f6b5063c95f89d8ef62c28768d340b10da70c66d0ac3cf51e70,7:key-504,136:{"from":"active","reason":"the prescriber is asked about the quantity","refills_left":2,"to":"held","to_pharmacy":null,"units_left":297},','0ea2bf1e3fe8626456f1d7d6363cb0249988e8fe883fa12b0ffc35f1c636e133');
INSERT INTO "audit_event" VALUES(1,23,'2026-11-21 14:30:00.000000','alex','place add','shelf-2','','key-3000','18:dispensary audit 1,11:test-origin,2:23,64:0ea2bf1e3fe8626456f1d7d6363cb0249988e8fe883fa12b0ffc35f1c636e133,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,9:place add,7:shelf-2,0:,8:key-3000,50:{"dark":true,"kind":"shelf","temperature":"20-25"},','ed9d911d904dda22eef756a2a6ca98baa6a02456e2c1b1a4c3df9e7f1834d142');
INSERT INTO "audit_event" VALUES(1,24,'2026-11-21 14:30:00.000000','alex','move','S1','','key-3001','18:dispensary audit 1,11:test-origin,2:24,64:ed9d911d904dda22eef756a2a6ca98baa6a02456e2c1b1a4c3df9e7f1834d142,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,4:move,2:S1,0:,8:key-3001,128:{"from":"shelf","lines":[["US-CY-ARG1","A1","2027-11-30","shelf","shelf-2",6]],"misfits":[],"reason":"more room","to":"shelf-2"},','bf2f8c0571bea438534db4c046a51424135613c4884f0321d4507a9942711507');
INSERT INTO "audit_event" VALUES(1,25,'2026-11-21 14:30:00.000000','alex','vial open','V1','','key-3002','18:dispensary audit 1,11:test-origin,2:25,64:bf2f8c0571bea438534db4c046a51424135613c4884f0321d4507a9942711507,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,9:vial open,2:V1,0:,8:key-3002,182:{"discard_at":"2026-12-19T14:30:00.000000+00:00","lines":[["US-CY-ARG1","A1","2027-11-30","shelf",1]],"opened_at":"2026-11-21T14:30:00.000000+00:00","place":"shelf","volume_ul":1000},','d79e1dc361737a4e3d90c20e448565b4c60ab217469cd1e06c1d2caa8cee3f06');
INSERT INTO "audit_event" VALUES(1,26,'2026-11-21 14:30:00.000000','alex','vial draw','DR1','e118a4f025431eddb38581a803856c2e2a5238ce4808f723d40040d43bbb51df','key-3003','18:dispensary audit 1,11:test-origin,2:26,64:d79e1dc361737a4e3d90c20e448565b4c60ab217469cd1e06c1d2caa8cee3f06,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,9:vial draw,3:DR1,64:e118a4f025431eddb38581a803856c2e2a5238ce4808f723d40040d43bbb51df,8:key-3003,384:{"dedicated":false,"dose_mcg":1000,"findings":[["duplicate_supply","override","prescriber_consulted: judged","prescriber_consulted"],["level_missing","note",null,null]],"given_as":"administered","lot":"A1","next_injection":null,"product":"US-CY-ARG1","reason":"ordered by telephone","remaining_ul":0,"route":"IM","rx":null,"state":"discarded","vial":"V1","volume_ul":1000,"wasted":[]},','572ef23db599d4af23d12b8a859aa6ddda4462c53a8a501dc4f791b5eeedab7c');
INSERT INTO "audit_event" VALUES(1,27,'2026-11-21 14:30:00.000000','alex','vial open','V2','','key-3004','18:dispensary audit 1,11:test-origin,2:27,64:572ef23db599d4af23d12b8a859aa6ddda4462c53a8a501dc4f791b5eeedab7c,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,9:vial open,2:V2,0:,8:key-3004,182:{"discard_at":"2026-12-19T14:30:00.000000+00:00","lines":[["US-CY-ARG1","A1","2027-11-30","shelf",1]],"opened_at":"2026-11-21T14:30:00.000000+00:00","place":"shelf","volume_ul":1000},','528459e863d4aec3d8396406e3242b80d3929166cf20b35088fde9d438c5f6d3');
INSERT INTO "audit_event" VALUES(1,28,'2026-11-21 14:30:00.000000','alex','light','V2','','key-3005','18:dispensary audit 1,11:test-origin,2:28,64:528459e863d4aec3d8396406e3242b80d3929166cf20b35088fde9d438c5f6d3,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,5:light,2:V2,0:,8:key-3005,164:{"expires":"2027-11-30","held":null,"limit_minutes":null,"lot":"A1","minutes":20,"note":"left on the counter","product":"US-CY-ARG1","total_minutes":20,"vial":"V2"},','b535c9d90ccaff5ece367208df7f93c29a8fe4e174681a1eb00b7fcf66c720b7');
INSERT INTO "audit_event" VALUES(1,29,'2026-11-21 14:30:00.000000','alex','lot hold','A1','','key-3006','18:dispensary audit 1,11:test-origin,2:29,64:b535c9d90ccaff5ece367208df7f93c29a8fe4e174681a1eb00b7fcf66c720b7,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,8:lot hold,2:A1,0:,8:key-3006,121:{"answered":[],"expires":"2027-11-30","from":"available","made":[],"product":"US-CY-ARG1","reason":"to hold","to":"held"},','a29365041c089940a822b8b6b7b85437e56233517107ad3d77643a2a346ca9d4');
INSERT INTO "audit_event" VALUES(1,30,'2026-11-21 14:30:00.000000','alex','lot release','A1','','key-3007','18:dispensary audit 1,11:test-origin,2:30,64:a29365041c089940a822b8b6b7b85437e56233517107ad3d77643a2a346ca9d4,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,11:lot release,2:A1,0:,8:key-3007,152:{"answered":[["hold","2026-11-21","alex","to hold"]],"expires":"2027-11-30","from":"held","product":"US-CY-ARG1","reason":"to release","to":"available"},','7f3f452741cef72460b0f4da9b2cfcf25164fa616c01ad0bf5065854b64d6ff7');
INSERT INTO "audit_event" VALUES(1,31,'2026-11-21 14:30:00.000000','alex','count start','C1','','key-3008','18:dispensary audit 1,11:test-origin,2:31,64:7f3f452741cef72460b0f4da9b2cfcf25164fa616c01ad0bf5065854b64d6ff7,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,11:count start,2:C1,0:,8:key-3008,92:{"place":"shelf-2","product":null,"standing":[["US-CY-ARG1","A1","2027-11-30","shelf-2",6]]},','2a50671431fa4b3eb5042c0f274f2b2a2ac05c2dc9bee8a9b934f453147c7bc0');
INSERT INTO "audit_event" VALUES(1,32,'2026-11-21 14:30:00.000000','alex','count enter','C1','','key-3009','18:dispensary audit 1,11:test-origin,2:32,64:2a50671431fa4b3eb5042c0f274f2b2a2ac05c2dc9bee8a9b934f453147c7bc0,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,11:count enter,2:C1,0:,8:key-3009,101:{"book_units":6,"expires":"2027-11-30","lot":"A1","place":"shelf-2","product":"US-CY-ARG1","units":5},','ed2b779f41c27f791612436ac487521051db5ea4aae228d3633de7747e0571ef');
INSERT INTO "audit_event" VALUES(1,33,'2026-11-21 14:30:00.000000','alex','count close','C1','','key-3010','18:dispensary audit 1,11:test-origin,2:33,64:ed2b779f41c27f791612436ac487521051db5ea4aae228d3633de7747e0571ef,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,11:count close,2:C1,0:,8:key-3010,170:{"abandoned":false,"counted":[["US-CY-ARG1","A1","2027-11-30","shelf-2",6,5]],"lines":[["US-CY-ARG1","A1","2027-11-30","shelf-2","variance",1]],"reason":"one was broken"},','7be73b4cb763a79fc8867136eea85bb07f53ef74fff91fe9fc6717979d1b5ebc');
INSERT INTO "audit_event" VALUES(1,34,'2026-11-21 14:30:00.000000','alex','place log','shelf-2','','key-3011','18:dispensary audit 1,11:test-origin,2:34,64:7be73b4cb763a79fc8867136eea85bb07f53ef74fff91fe9fc6717979d1b5ebc,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,9:place log,7:shelf-2,0:,8:key-3011,237:{"digest":"eb38969e78aa0dc1b25588a02a5c73c2c5267616657b13de37f7a0d716f4e562","duplicates":0,"excursions":[],"file":"log.csv","first":1795264500,"gaps":0,"held":[],"last":1795269900,"missing":0,"readings":19,"repeated":0,"timezone":"UTC"},','8d8534d6553c67ef17b9b642fa4d12be25a13be80a3fc2c6ff0ad6b4c91bab3a');
INSERT INTO "audit_event" VALUES(1,35,'2026-11-21 14:30:00.000000','alex','lot recall','RC1','','key-3012','18:dispensary audit 1,11:test-origin,2:35,64:8d8534d6553c67ef17b9b642fa4d12be25a13be80a3fc2c6ff0ad6b4c91bab3a,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,10:lot recall,3:RC1,0:,8:key-3012,161:{"class":"I","dated":"2026-11-21","expires_from":null,"expires_to":null,"lot":"Z9","lots":[],"product":null,"reason":"lacks sterility","reference":"D-0793-2026"},','a0edf3c1102988bc782a51f05498bcf04d38fadd4d48a9d140a1522236a3bbd1');
INSERT INTO "audit_event" VALUES(1,36,'2026-11-21 14:30:00.000000','alex','label print','D1','adca8519d34c5a38ee3a05cd4b07fef541bbfa903ac8d6b9910c7f09aa65a14d','','18:dispensary audit 1,11:test-origin,2:36,64:a0edf3c1102988bc782a51f05498bcf04d38fadd4d48a9d140a1522236a3bbd1,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,11:label print,2:D1,64:adca8519d34c5a38ee3a05cd4b07fef541bbfa903ac8d6b9910c7f09aa65a14d,0:,2:{},','c26502111fc4f7f3dce7e4df780921c066f3fa4dcd611e2be9cd64e219fde36e');
INSERT INTO "audit_event" VALUES(1,37,'2026-11-21 14:30:00.000000','alex','label print','PJ1','','key-800','18:dispensary audit 1,11:test-origin,2:37,64:c26502111fc4f7f3dce7e4df780921c066f3fa4dcd611e2be9cd64e219fde36e,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,11:label print,3:PJ1,0:,7:key-800,133:{"again":null,"copy":1,"design":"dispense-100x62","kind":"dispense","position":null,"printer":null,"record":"D1","request":"key-800"},','d7e4d345df008ff1f3564c59bdc9d9a0681f6a1168191fea2d2bbfb02e07d8b3');
INSERT INTO "audit_event" VALUES(1,38,'2026-11-21 14:30:00.000000','alex','label print','PJ2','','key-801','18:dispensary audit 1,11:test-origin,2:38,64:d7e4d345df008ff1f3564c59bdc9d9a0681f6a1168191fea2d2bbfb02e07d8b3,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,11:label print,3:PJ2,0:,7:key-801,138:{"again":null,"copy":2,"design":"dispense-100x62","kind":"dispense","position":null,"printer":"counter","record":"D1","request":"key-801"},','d7fe03fbdc4b6cc8f90c8d2489748e1af3af2f68766c4c5062430cc6bf632f71');
INSERT INTO "audit_event" VALUES(1,39,'2026-11-21 14:30:00.000000','alex','label print','PJ3','','key-802','18:dispensary audit 1,11:test-origin,2:39,64:d7fe03fbdc4b6cc8f90c8d2489748e1af3af2f68766c4c5062430cc6bf632f71,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,11:label print,3:PJ3,0:,7:key-802,134:{"again":null,"copy":3,"design":"dispense-100x62","kind":"dispense","position":3,"printer":"office","record":"D1","request":"key-802"},','69f6ca9dffb4bc17e882b97adb299f1eddbc05f6d9487035bb382df5fbbcf6a7');
INSERT INTO "audit_event" VALUES(1,40,'2026-11-21 14:30:00.000000','alex','label sending','PJ3','','','18:dispensary audit 1,11:test-origin,2:40,64:69f6ca9dffb4bc17e882b97adb299f1eddbc05f6d9487035bb382df5fbbcf6a7,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,13:label sending,3:PJ3,0:,0:,43:{"attempt":1,"problem":null,"receipt":null},','42445ce761c0c815e8a20f2fd56cd24c6b7a861b8d2cd2ce8b6f9b5c75c956d8');
INSERT INTO "audit_event" VALUES(1,41,'2026-11-21 14:30:00.000000','alex','label unknown','PJ3','','','18:dispensary audit 1,11:test-origin,2:41,64:42445ce761c0c815e8a20f2fd56cd24c6b7a861b8d2cd2ce8b6f9b5c75c956d8,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,13:label unknown,3:PJ3,0:,0:,53:{"attempt":1,"problem":"it broke off","receipt":null},','418b2738ebaed34be5bae6ce80df29ea7afa7db4dc16d65a0e708d184c595c4f');
INSERT INTO "audit_event" VALUES(1,42,'2026-11-21 14:30:00.000000','alex','label print','PJ4','','key-803','18:dispensary audit 1,11:test-origin,2:42,64:418b2738ebaed34be5bae6ce80df29ea7afa7db4dc16d65a0e708d184c595c4f,32:2026-11-21T14:30:00.000000+00:00,32:2026-11-21T09:30:00.000000-05:00,4:alex,11:label print,3:PJ4,0:,7:key-803,139:{"again":null,"copy":1,"design":"shelf-62x29","kind":"shelf","position":null,"printer":"counter","record":"NO-CY-TAK1","request":"key-803"},','4edab732a19f848a1d1be1123bc0691aeaf070c060663586772100acad3081d8');
INSERT INTO "audit_event" VALUES(1,43,'2026-12-21 14:30:00.000000','alex','user add','pia','','key-900','18:dispensary audit 1,11:test-origin,2:43,64:4edab732a19f848a1d1be1123bc0691aeaf070c060663586772100acad3081d8,32:2026-12-21T14:30:00.000000+00:00,32:2026-12-21T09:30:00.000000-05:00,4:alex,8:user add,3:pia,0:,7:key-900,21:{"role":"pharmacist"},','79aea9ef3bb0165489a330395958aa1b381c2fdb6305738abb814a58f6762ab3');
INSERT INTO "audit_event" VALUES(1,44,'2026-12-21 14:30:00.000000','alex','user add','nightly','','key-901','18:dispensary audit 1,11:test-origin,2:44,64:79aea9ef3bb0165489a330395958aa1b381c2fdb6305738abb814a58f6762ab3,32:2026-12-21T14:30:00.000000+00:00,32:2026-12-21T09:30:00.000000-05:00,4:alex,8:user add,7:nightly,0:,7:key-901,19:{"role":"reporter"},','8af370282425cdbed4642ba14522fa438f2768aaa0ae8daf688d0734ae6d9184');
INSERT INTO "audit_event" VALUES(1,45,'2026-12-21 14:30:00.000000','alex','patient add','P5','1d7f1b3e2ef0accea5c881234947482e283ff6857d78b1005a25e54e93841c4e','key-902','18:dispensary audit 1,11:test-origin,2:45,64:8af370282425cdbed4642ba14522fa438f2768aaa0ae8daf688d0734ae6d9184,32:2026-12-21T14:30:00.000000+00:00,32:2026-12-21T09:30:00.000000-05:00,4:alex,11:patient add,2:P5,64:1d7f1b3e2ef0accea5c881234947482e283ff6857d78b1005a25e54e93841c4e,7:key-902,557:{"new":{"born":"bb8e0132f3395e0e1c164044fd166fb17209e80faa94fe6251508ed346225027","conditions":"4fec10926e16236bf7d627914f1c2e52f9e66c86000ea1986213789b11331b21","identifier":"8faf5c26fd4307a92fe1b4197d3b0970f61024717c262cf04e4173f6bf849a6a","language":"d8ab8e53dd13247acc01c6f5b0dabd8e4c809ed2345738e8bbf04db6fd6817fb","medicines":"54c8c4bf5c0be2008fdf05c974b1a7f1b87c1a130a83188c79522d2027f0d1c8","name":"49cba164bf51b1aae5740e5cd60fdb60822765b9685a3949734a552999c2ff74","sensitivities":"89ef0784acae82729bdea6e21d4439d4c443ff1443a82ddb3e5dc3d7fdeb7198"}},','fa3eb94082c0837d608b433d2218c1430cfe5ad80cf19a4e8d4fff6b84a803a9');
INSERT INTO "audit_event" VALUES(1,46,'2026-12-21 14:30:00.000000','alex','patient erase','P5','1d7f1b3e2ef0accea5c881234947482e283ff6857d78b1005a25e54e93841c4e','key-903','18:dispensary audit 1,11:test-origin,2:46,64:fa3eb94082c0837d608b433d2218c1430cfe5ad80cf19a4e8d4fff6b84a803a9,32:2026-12-21T14:30:00.000000+00:00,32:2026-12-21T09:30:00.000000-05:00,4:alex,13:patient erase,2:P5,64:1d7f1b3e2ef0accea5c881234947482e283ff6857d78b1005a25e54e93841c4e,7:key-903,31:{"reason":"entered by mistake"},','b9618d14558f37cb1e4e7b9e55a40921dfc095ca4b82f5b042189c27202622aa');
INSERT INTO "audit_event" VALUES(1,47,'2026-12-21 14:30:00.000000','alex','user pin','alex','','key-904','18:dispensary audit 1,11:test-origin,2:47,64:b9618d14558f37cb1e4e7b9e55a40921dfc095ca4b82f5b042189c27202622aa,32:2026-12-21T14:30:00.000000+00:00,32:2026-12-21T09:30:00.000000-05:00,4:alex,8:user pin,4:alex,0:,7:key-904,2:{},','3cc47520882edd7a7f6f486b54eef63f7230da2c52b877d8b98002f96b9809df');
INSERT INTO "audit_event" VALUES(1,48,'2026-12-21 14:30:00.000000','alex','user pin','pia','','key-905','18:dispensary audit 1,11:test-origin,2:48,64:3cc47520882edd7a7f6f486b54eef63f7230da2c52b877d8b98002f96b9809df,32:2026-12-21T14:30:00.000000+00:00,32:2026-12-21T09:30:00.000000-05:00,4:alex,8:user pin,3:pia,0:,7:key-905,2:{},','5c5188d5172a21e69bbbbbadf2c6aeaeae0718b96c3272d6fb6db3364e1817c2');
INSERT INTO "audit_event" VALUES(1,49,'2026-12-21 14:30:00.000000','pia','user pin','pia','','key-906','18:dispensary audit 1,11:test-origin,2:49,64:5c5188d5172a21e69bbbbbadf2c6aeaeae0718b96c3272d6fb6db3364e1817c2,32:2026-12-21T14:30:00.000000+00:00,32:2026-12-21T09:30:00.000000-05:00,3:pia,8:user pin,3:pia,0:,7:key-906,2:{},','7e6c1aadd7f4e603217957c3fb077e63e27fb63afa2047484ac6ff6c8a5dae6c');
INSERT INTO "audit_event" VALUES(1,50,'2026-12-21 14:30:00.000000','alex','user badge','pia','','key-907','18:dispensary audit 1,11:test-origin,2:50,64:7e6c1aadd7f4e603217957c3fb077e63e27fb63afa2047484ac6ff6c8a5dae6c,32:2026-12-21T14:30:00.000000+00:00,32:2026-12-21T09:30:00.000000-05:00,4:alex,10:user badge,3:pia,0:,7:key-907,30:{"new":"a badge","old":"none"},','23d7a3d89250e7464c891bbf68c25fd1be4c78890f14a2f5753fb170a957b2cc');
INSERT INTO "audit_event" VALUES(1,51,'2026-12-21 14:30:00.000000','pia','refused','login','','','18:dispensary audit 1,11:test-origin,2:51,64:23d7a3d89250e7464c891bbf68c25fd1be4c78890f14a2f5753fb170a957b2cc,32:2026-12-21T14:30:00.000000+00:00,32:2026-12-21T09:30:00.000000-05:00,3:pia,7:refused,5:login,0:,0:,19:{"why":"wrong_pin"},','7e27f86d1eadf63b913007e20488be1e37eda0267e8dc648c2376827fced9870');
INSERT INTO "audit_event" VALUES(1,52,'2026-12-21 14:30:00.000000','pia','login','pia','','','18:dispensary audit 1,11:test-origin,2:52,64:7e27f86d1eadf63b913007e20488be1e37eda0267e8dc648c2376827fced9870,32:2026-12-21T14:30:00.000000+00:00,32:2026-12-21T09:30:00.000000-05:00,3:pia,5:login,3:pia,0:,0:,47:{"counter":"desk at front","role":"pharmacist"},','f04c7a2f0d8cd3fd231514dc8a39e219f89d9351f196e3b5b4e762bdde10e5d9');
INSERT INTO "audit_event" VALUES(1,53,'2026-12-21 14:30:00.000000','pia','logout','pia','','','18:dispensary audit 1,11:test-origin,2:53,64:f04c7a2f0d8cd3fd231514dc8a39e219f89d9351f196e3b5b4e762bdde10e5d9,32:2026-12-21T14:30:00.000000+00:00,32:2026-12-21T09:30:00.000000-05:00,3:pia,6:logout,3:pia,0:,0:,20:{"why":"logged out"},','14d2678690186da5c49cc5b7ed48969aa3c4084a906ae041e0153ba4a5bdfb6f');
INSERT INTO "audit_event" VALUES(1,54,'2026-12-21 14:30:00.000000','alex','site add','North','','key-908','18:dispensary audit 1,11:test-origin,2:54,64:14d2678690186da5c49cc5b7ed48969aa3c4084a906ae041e0153ba4a5bdfb6f,32:2026-12-21T14:30:00.000000+00:00,32:2026-12-21T09:30:00.000000-05:00,4:alex,8:site add,5:North,0:,7:key-908,50:{"name":"North","role":"pharmacist","user":"alex"},','02aa97c4a7083477f7ba48196dfd3fbd815978ebaab7dbdaa36d1881b9525d8d');
INSERT INTO "audit_event" VALUES(2,1,'2026-12-21 14:30:00.000000','alex','site open','North','','','18:dispensary audit 1,5:north,1:1,64:0000000000000000000000000000000000000000000000000000000000000000,32:2026-12-21T14:30:00.000000+00:00,32:2026-12-21T09:30:00.000000-05:00,4:alex,9:site open,5:North,0:,0:,50:{"name":"North","role":"pharmacist","user":"alex"},','d928109101c44ca55be3094e3fda6f9c85bfca63bb4a841a75dffa56da846407');
INSERT INTO "audit_event" VALUES(2,2,'2026-12-23 14:30:00.000000','alex','user add','nora','','nora','18:dispensary audit 1,5:north,1:2,64:d928109101c44ca55be3094e3fda6f9c85bfca63bb4a841a75dffa56da846407,32:2026-12-23T14:30:00.000000+00:00,32:2026-12-23T09:30:00.000000-05:00,4:alex,8:user add,4:nora,0:,4:nora,21:{"role":"pharmacist"},','29fd7ce60ced5cb2fb66050cc942f82c682ce921b37c146e09a2f0989d2ca769');
INSERT INTO "audit_event" VALUES(1,55,'2026-12-21 14:30:00.000000','alex','user right','nora','','key-909','18:dispensary audit 1,11:test-origin,2:55,64:02aa97c4a7083477f7ba48196dfd3fbd815978ebaab7dbdaa36d1881b9525d8d,32:2026-12-21T14:30:00.000000+00:00,32:2026-12-21T09:30:00.000000-05:00,4:alex,10:user right,4:nora,0:,7:key-909,28:{"new":"auditor","old":null},','244d531be9f2b6d40e2b00ab2f4bd444e684d7167e29282c45937dd1382317ca');
CREATE TABLE badge (
	id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	hash TEXT, 
	CONSTRAINT pk_badge PRIMARY KEY (id), 
	CONSTRAINT uq_badge_hash UNIQUE (hash), 
	CONSTRAINT fk_badge_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_badge_user_id FOREIGN KEY(user_id) REFERENCES user_account (id)
);
INSERT INTO "badge" VALUES(1,3,'2026-12-21 14:30:00.000000',1,'ed897b9038b6a6e4e34c55e79f1db426f73ca5ff33b0af7c2fd4a7cec181222c');
CREATE TABLE balance (
	lot_id INTEGER NOT NULL, 
	place_id INTEGER NOT NULL, 
	product_id INTEGER NOT NULL, 
	expires DATE NOT NULL, 
	units INTEGER NOT NULL, 
	CONSTRAINT pk_balance PRIMARY KEY (lot_id, place_id), 
	CONSTRAINT ck_balance_units CHECK (units >= 0), 
	CONSTRAINT fk_balance_lot_id_product_id_expires FOREIGN KEY(lot_id, product_id, expires) REFERENCES lot (id, product_id, expires), 
	CONSTRAINT fk_balance_place_id FOREIGN KEY(place_id) REFERENCES place (id)
);
INSERT INTO "balance" VALUES(1,1,1,'2027-11-30',42);
INSERT INTO "balance" VALUES(2,1,12,'2027-11-30',2);
INSERT INTO "balance" VALUES(2,3,12,'2027-11-30',2);
INSERT INTO "balance" VALUES(1,12,1,'2027-11-30',5);
CREATE TABLE batch (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	lot_id INTEGER NOT NULL, 
	category VARCHAR(32) NOT NULL, 
	start VARCHAR(32) NOT NULL, 
	stability_days INTEGER, 
	stability_source TEXT, 
	limited_by TEXT NOT NULL, 
	preservative TEXT NOT NULL, 
	strength_mcg_per_ml INTEGER NOT NULL, 
	units INTEGER NOT NULL, 
	expected_units INTEGER NOT NULL, 
	calculation TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	checked_by_id INTEGER NOT NULL, 
	CONSTRAINT pk_batch PRIMARY KEY (id), 
	CONSTRAINT ck_batch_checked CHECK (checked_by_id <> by_id), 
	CONSTRAINT ck_batch_yield CHECK (units > 0 AND units <= expected_units), 
	CONSTRAINT fk_batch_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_batch_checked_by_id FOREIGN KEY(checked_by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_batch_lot_id FOREIGN KEY(lot_id) REFERENCES lot (id), 
	CONSTRAINT fk_batch_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_batch_site_id FOREIGN KEY(site_id) REFERENCES site (id), 
	CONSTRAINT uq_batch_lot_id UNIQUE (lot_id), 
	CONSTRAINT uq_batch_request_id UNIQUE (request_id), 
	CONSTRAINT uq_batch_site_id_number UNIQUE (site_id, number), 
	CONSTRAINT ck_batch_category CHECK (category IN ('immediate use', '1', '2')), 
	CONSTRAINT ck_batch_start CHECK (start IN ('sterile', 'non-sterile'))
);
CREATE TABLE batch_ingredient (
	id INTEGER NOT NULL, 
	batch_id INTEGER NOT NULL, 
	lot_id INTEGER, 
	units INTEGER, 
	name TEXT NOT NULL, 
	lot_number TEXT NOT NULL, 
	expires DATE NOT NULL, 
	amount TEXT NOT NULL, 
	CONSTRAINT pk_batch_ingredient PRIMARY KEY (id), 
	CONSTRAINT ck_batch_ingredient_stock CHECK ((lot_id IS NULL) = (units IS NULL)), 
	CONSTRAINT ck_batch_ingredient_units CHECK (units > 0), 
	CONSTRAINT fk_batch_ingredient_batch_id FOREIGN KEY(batch_id) REFERENCES batch (id), 
	CONSTRAINT fk_batch_ingredient_lot_id FOREIGN KEY(lot_id) REFERENCES lot (id)
);
CREATE TABLE checked_pack (
	id INTEGER NOT NULL, 
	check_id INTEGER NOT NULL, 
	pack_id INTEGER NOT NULL, 
	lot_id INTEGER NOT NULL, 
	serial TEXT, 
	CONSTRAINT pk_checked_pack PRIMARY KEY (id), 
	CONSTRAINT fk_checked_pack_check_id FOREIGN KEY(check_id) REFERENCES hand_over_check (id), 
	CONSTRAINT fk_checked_pack_pack_id FOREIGN KEY(pack_id) REFERENCES pack (id), 
	CONSTRAINT fk_checked_pack_lot_id FOREIGN KEY(lot_id) REFERENCES lot (id), 
	CONSTRAINT uq_checked_pack_pack_id_serial UNIQUE (pack_id, serial)
);
CREATE TABLE count_closing (
	count_id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	reason TEXT, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_count_closing PRIMARY KEY (count_id), 
	CONSTRAINT fk_count_closing_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_count_closing_count_id FOREIGN KEY(count_id) REFERENCES stock_count (id), 
	CONSTRAINT fk_count_closing_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT uq_count_closing_request_id UNIQUE (request_id)
);
INSERT INTO "count_closing" VALUES(1,32,'one was broken','2026-11-21 14:30:00.000000',1);
CREATE TABLE count_entry (
	id INTEGER NOT NULL, 
	count_id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	lot_id INTEGER NOT NULL, 
	place_id INTEGER NOT NULL, 
	units INTEGER NOT NULL, 
	book_units INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_count_entry PRIMARY KEY (id), 
	CONSTRAINT ck_count_entry_book_units CHECK (book_units >= 0), 
	CONSTRAINT ck_count_entry_units CHECK (units >= 0), 
	CONSTRAINT fk_count_entry_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_count_entry_count_id FOREIGN KEY(count_id) REFERENCES stock_count (id), 
	CONSTRAINT fk_count_entry_lot_id FOREIGN KEY(lot_id) REFERENCES lot (id), 
	CONSTRAINT fk_count_entry_place_id FOREIGN KEY(place_id) REFERENCES place (id), 
	CONSTRAINT fk_count_entry_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT uq_count_entry_request_id UNIQUE (request_id)
);
INSERT INTO "count_entry" VALUES(1,1,31,1,12,5,6,'2026-11-21 14:30:00.000000',1);
CREATE TABLE count_line (
	count_id INTEGER NOT NULL, 
	lot_id INTEGER NOT NULL, 
	place_id INTEGER NOT NULL, 
	units INTEGER NOT NULL, 
	CONSTRAINT pk_count_line PRIMARY KEY (count_id, lot_id, place_id), 
	CONSTRAINT ck_count_line_units CHECK (units >= 0), 
	CONSTRAINT fk_count_line_count_id FOREIGN KEY(count_id) REFERENCES stock_count (id), 
	CONSTRAINT fk_count_line_lot_id FOREIGN KEY(lot_id) REFERENCES lot (id), 
	CONSTRAINT fk_count_line_place_id FOREIGN KEY(place_id) REFERENCES place (id)
);
INSERT INTO "count_line" VALUES(1,1,12,6);
CREATE TABLE dispense (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	prescription_id INTEGER NOT NULL, 
	product_id INTEGER NOT NULL, 
	fill INTEGER NOT NULL, 
	units INTEGER NOT NULL, 
	days_supply INTEGER NOT NULL, 
	first_injection DATE NOT NULL, 
	last_injection DATE NOT NULL, 
	next_injection DATE NOT NULL, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, doses INTEGER, prescribed_units INTEGER, completes_id INTEGER CONSTRAINT fk_dispense_completes_id REFERENCES dispense (id), 
	CONSTRAINT pk_dispense PRIMARY KEY (id), 
	CONSTRAINT ck_dispense_units CHECK (units > 0), 
	CONSTRAINT fk_dispense_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_dispense_prescription_id FOREIGN KEY(prescription_id) REFERENCES prescription (id), 
	CONSTRAINT fk_dispense_product_id FOREIGN KEY(product_id) REFERENCES product (id), 
	CONSTRAINT fk_dispense_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_dispense_site_id FOREIGN KEY(site_id) REFERENCES site (id), 
	CONSTRAINT uq_dispense_prescription_id_fill UNIQUE (prescription_id, fill), 
	CONSTRAINT uq_dispense_request_id UNIQUE (request_id), 
	CONSTRAINT uq_dispense_site_id_number UNIQUE (site_id, number)
);
INSERT INTO "dispense" VALUES(1,1,1,12,1,12,1,4,28,'2026-11-21','2026-12-12','2026-12-19','2026-11-21 14:30:00.000000',1,NULL,NULL,NULL);
INSERT INTO "dispense" VALUES(2,1,2,13,2,12,1,7,14,'2026-11-21','2026-12-09','2026-12-05','2026-11-21 14:30:00.000000',1,NULL,NULL,NULL);
INSERT INTO "dispense" VALUES(3,1,3,14,3,12,1,3,21,'2026-11-21','2026-12-05','2026-12-12','2026-11-21 14:30:00.000000',1,NULL,NULL,NULL);
INSERT INTO "dispense" VALUES(4,1,4,16,1,12,2,4,28,'2026-12-19','2027-01-09','2027-01-16','2026-12-19 14:30:00.000000',1,NULL,NULL,NULL);
CREATE TABLE dispense_return (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	dispense_id INTEGER NOT NULL, 
	units INTEGER NOT NULL, 
	reason TEXT NOT NULL, undelivered BOOLEAN DEFAULT 0 NOT NULL CONSTRAINT ck_dispense_return_undelivered CHECK (undelivered IN (0, 1)), 
	CONSTRAINT pk_dispense_return PRIMARY KEY (id), 
	CONSTRAINT ck_dispense_return_units CHECK (units > 0), 
	CONSTRAINT fk_dispense_return_dispense_id FOREIGN KEY(dispense_id) REFERENCES dispense (id), 
	CONSTRAINT fk_dispense_return_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_dispense_return_site_id FOREIGN KEY(site_id) REFERENCES site (id), 
	CONSTRAINT uq_dispense_return_request_id UNIQUE (request_id), 
	CONSTRAINT uq_dispense_return_site_id_number UNIQUE (site_id, number)
);
INSERT INTO "dispense_return" VALUES(1,1,1,15,2,2,'undelivered',0);
CREATE TABLE draw (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	vial_id INTEGER NOT NULL, 
	patient_id INTEGER NOT NULL, 
	prescription_id INTEGER, 
	reason TEXT, 
	dose_mcg INTEGER NOT NULL, 
	volume_ul INTEGER NOT NULL, 
	given_as VARCHAR(32) NOT NULL, 
	next_injection DATE, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_draw PRIMARY KEY (id), 
	CONSTRAINT ck_draw_prescribed_or_reason CHECK ((prescription_id IS NULL) = (reason IS NOT NULL)), 
	CONSTRAINT ck_draw_dose CHECK (dose_mcg > 0), 
	CONSTRAINT ck_draw_volume CHECK (volume_ul > 0), 
	CONSTRAINT fk_draw_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_draw_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id), 
	CONSTRAINT fk_draw_prescription_id FOREIGN KEY(prescription_id) REFERENCES prescription (id), 
	CONSTRAINT fk_draw_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_draw_site_id FOREIGN KEY(site_id) REFERENCES site (id), 
	CONSTRAINT fk_draw_vial_id FOREIGN KEY(vial_id) REFERENCES vial (id), 
	CONSTRAINT uq_draw_request_id UNIQUE (request_id), 
	CONSTRAINT uq_draw_site_id_number UNIQUE (site_id, number), 
	CONSTRAINT ck_draw_given_as CHECK (given_as IN ('administered', 'syringe'))
);
INSERT INTO "draw" VALUES(1,1,1,25,1,3,NULL,'ordered by telephone',1000,1000,'administered',NULL,'2026-11-21 14:30:00.000000',1);
CREATE TABLE draw_finding (
	id INTEGER NOT NULL, 
	draw_id INTEGER NOT NULL, 
	code TEXT NOT NULL, 
	severity VARCHAR(32) NOT NULL, 
	message TEXT NOT NULL, 
	source TEXT NOT NULL, 
	reason TEXT, 
	reason_code TEXT, 
	CONSTRAINT pk_draw_finding PRIMARY KEY (id), 
	CONSTRAINT fk_draw_finding_draw_id FOREIGN KEY(draw_id) REFERENCES draw (id), 
	CONSTRAINT uq_draw_finding_draw_id_code UNIQUE (draw_id, code), 
	CONSTRAINT ck_draw_finding_severity CHECK (severity IN ('stop', 'override', 'note'))
);
INSERT INTO "draw_finding" VALUES(1,1,'duplicate_supply','override','The patient is supplied with B12 on RX3 (cyanocobalamin) until 2026-12-12: ask the prescriber which is meant.','duplicate therapy','prescriber_consulted: judged','prescriber_consulted');
INSERT INTO "draw_finding" VALUES(2,1,'level_missing','note','No B12 level of the patient is on record: enter one, or ask the prescriber.','B12 injections for neuropathy: documented deficiency, B12 level monitored',NULL,NULL);
CREATE TABLE excursion (
	id INTEGER NOT NULL, 
	place_id INTEGER NOT NULL, 
	log_id INTEGER NOT NULL, 
	temperature VARCHAR(32) NOT NULL, 
	began DATETIME NOT NULL, 
	ended DATETIME NOT NULL, 
	lowest INTEGER NOT NULL, 
	highest INTEGER NOT NULL, 
	mean_kinetic INTEGER NOT NULL, 
	why TEXT NOT NULL, 
	CONSTRAINT pk_excursion PRIMARY KEY (id), 
	CONSTRAINT ck_excursion_times CHECK (ended >= began), 
	CONSTRAINT ck_excursion_temperatures CHECK (highest >= lowest), 
	CONSTRAINT fk_excursion_log_id FOREIGN KEY(log_id) REFERENCES place_log (id), 
	CONSTRAINT fk_excursion_place_id FOREIGN KEY(place_id) REFERENCES place (id), 
	CONSTRAINT uq_excursion_place_id_temperature_began UNIQUE (place_id, temperature, began), 
	CONSTRAINT ck_excursion_temperature CHECK (temperature IN ('20-25', '<=25', '2-8', '8-15', 'per batch record'))
);
CREATE TABLE finding (
	id INTEGER NOT NULL, 
	dispense_id INTEGER NOT NULL, 
	code TEXT NOT NULL, 
	severity VARCHAR(32) NOT NULL, 
	message TEXT NOT NULL, 
	reason TEXT, source TEXT, reason_code TEXT, 
	CONSTRAINT pk_finding PRIMARY KEY (id), 
	CONSTRAINT fk_finding_dispense_id FOREIGN KEY(dispense_id) REFERENCES dispense (id), 
	CONSTRAINT uq_finding_dispense_id_code UNIQUE (dispense_id, code), 
	CONSTRAINT ck_finding_severity CHECK (severity IN ('stop', 'override', 'note'))
);
INSERT INTO "finding" VALUES(1,1,'leber','override','The patient has Leber''s disease, in which cyanocobalamin has caused severe and swift optic atrophy.','seen by the eye clinic',NULL,NULL);
INSERT INTO "finding" VALUES(2,4,'leber','override','The patient has Leber''s disease, in which cyanocobalamin has caused severe and swift optic atrophy.','as before',NULL,NULL);
CREATE TABLE hand_over_check (
	id INTEGER NOT NULL, 
	dispense_id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_hand_over_check PRIMARY KEY (id), 
	CONSTRAINT fk_hand_over_check_dispense_id FOREIGN KEY(dispense_id) REFERENCES dispense (id), 
	CONSTRAINT fk_hand_over_check_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_hand_over_check_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT uq_hand_over_check_dispense_id UNIQUE (dispense_id), 
	CONSTRAINT uq_hand_over_check_request_id UNIQUE (request_id)
);
CREATE TABLE head (
	site_id INTEGER NOT NULL, 
	sequence INTEGER NOT NULL, 
	hash TEXT NOT NULL, 
	patients INTEGER NOT NULL, 
	prescribers INTEGER NOT NULL, 
	prescriptions INTEGER NOT NULL, 
	receipts INTEGER NOT NULL, 
	dispenses INTEGER NOT NULL, 
	returns INTEGER NOT NULL, vials INTEGER DEFAULT 0 NOT NULL, draws INTEGER DEFAULT 0 NOT NULL, stock_acts INTEGER DEFAULT 0 NOT NULL, counts INTEGER DEFAULT 0 NOT NULL, recalls INTEGER DEFAULT 0 NOT NULL, batches INTEGER DEFAULT 0 NOT NULL, prints INTEGER DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_head PRIMARY KEY (site_id), 
	CONSTRAINT ck_head_sequence CHECK (sequence >= 0), 
	CONSTRAINT fk_head_site_id FOREIGN KEY(site_id) REFERENCES site (id)
);
INSERT INTO "head" VALUES(1,55,'244d531be9f2b6d40e2b00ab2f4bd444e684d7167e29282c45937dd1382317ca',5,1,4,3,4,1,2,1,1,1,1,0,4);
INSERT INTO "head" VALUES(2,2,'29fd7ce60ced5cb2fb66050cc942f82c682ce921b37c146e09a2f0989d2ca769',0,0,0,0,0,0,0,0,0,0,0,0,0);
CREATE TABLE light_exposure (
	id INTEGER NOT NULL, 
	lot_id INTEGER NOT NULL, 
	vial_id INTEGER, 
	request_id INTEGER NOT NULL, 
	minutes INTEGER NOT NULL, 
	note TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_light_exposure PRIMARY KEY (id), 
	CONSTRAINT ck_light_exposure_minutes CHECK (minutes > 0), 
	CONSTRAINT fk_light_exposure_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_light_exposure_lot_id FOREIGN KEY(lot_id) REFERENCES lot (id), 
	CONSTRAINT fk_light_exposure_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_light_exposure_vial_id FOREIGN KEY(vial_id) REFERENCES vial (id), 
	CONSTRAINT uq_light_exposure_request_id UNIQUE (request_id)
);
INSERT INTO "light_exposure" VALUES(1,1,2,27,20,'left on the counter','2026-11-21 14:30:00.000000',1);
CREATE TABLE lot (
	id INTEGER NOT NULL, 
	product_id INTEGER NOT NULL, 
	number TEXT NOT NULL, 
	expires DATE NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	month_only BOOLEAN NOT NULL, unit_cost_micros BIGINT, 
	CONSTRAINT pk_lot PRIMARY KEY (id), 
	CONSTRAINT fk_lot_product_id FOREIGN KEY(product_id) REFERENCES product (id), 
	CONSTRAINT uq_lot_id_product_id_expires UNIQUE (id, product_id, expires), 
	CONSTRAINT uq_lot_product_id_number UNIQUE (product_id, number), 
	CONSTRAINT ck_lot_state CHECK (state IN ('available', 'held', 'recalled', 'expired')), 
	CONSTRAINT ck_lot_month_only CHECK (month_only IN (0, 1))
);
INSERT INTO "lot" VALUES(1,1,'A1','2027-11-30','available',0,4000000);
INSERT INTO "lot" VALUES(2,12,'T77','2027-11-30','available',0,NULL);
CREATE TABLE lot_act (
	id INTEGER NOT NULL, 
	lot_id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	act VARCHAR(32) NOT NULL, 
	reason TEXT NOT NULL, 
	recall_id INTEGER, 
	excursion_id INTEGER, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_lot_act PRIMARY KEY (id), 
	CONSTRAINT fk_lot_act_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_lot_act_excursion_id FOREIGN KEY(excursion_id) REFERENCES excursion (id), 
	CONSTRAINT fk_lot_act_lot_id FOREIGN KEY(lot_id) REFERENCES lot (id), 
	CONSTRAINT fk_lot_act_recall_id FOREIGN KEY(recall_id) REFERENCES recall (id), 
	CONSTRAINT fk_lot_act_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT uq_lot_act_request_id_lot_id UNIQUE (request_id, lot_id), 
	CONSTRAINT ck_lot_act_act CHECK (act IN ('hold', 'release', 'recall', 'withdraw'))
);
INSERT INTO "lot_act" VALUES(1,1,28,'hold','to hold',NULL,NULL,'2026-11-21 14:30:00.000000',1);
INSERT INTO "lot_act" VALUES(2,1,29,'release','to release',NULL,NULL,'2026-11-21 14:30:00.000000',1);
CREATE TABLE movement (
	id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	lot_id INTEGER NOT NULL, 
	from_place_id INTEGER NOT NULL, 
	to_place_id INTEGER NOT NULL, 
	units INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	reverses_id INTEGER, 
	CONSTRAINT pk_movement PRIMARY KEY (id), 
	CONSTRAINT ck_movement_places CHECK (from_place_id <> to_place_id), 
	CONSTRAINT ck_movement_units CHECK (units > 0), 
	CONSTRAINT fk_movement_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_movement_from_place_id FOREIGN KEY(from_place_id) REFERENCES place (id), 
	CONSTRAINT fk_movement_lot_id FOREIGN KEY(lot_id) REFERENCES lot (id), 
	CONSTRAINT fk_movement_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_movement_reverses_id FOREIGN KEY(reverses_id) REFERENCES movement (id), 
	CONSTRAINT fk_movement_to_place_id FOREIGN KEY(to_place_id) REFERENCES place (id)
);
INSERT INTO "movement" VALUES(1,2,1,4,1,40,'2026-11-21 14:30:00.000000',1,NULL);
INSERT INTO "movement" VALUES(2,3,2,4,1,20,'2026-11-21 14:30:00.000000',1,NULL);
INSERT INTO "movement" VALUES(3,4,1,4,1,10,'2026-11-21 14:30:00.000000',1,NULL);
INSERT INTO "movement" VALUES(4,12,2,1,5,4,'2026-11-21 14:30:00.000000',1,NULL);
INSERT INTO "movement" VALUES(5,13,2,1,5,7,'2026-11-21 14:30:00.000000',1,NULL);
INSERT INTO "movement" VALUES(6,14,2,1,5,3,'2026-11-21 14:30:00.000000',1,NULL);
INSERT INTO "movement" VALUES(7,15,2,5,3,2,'2026-11-21 14:30:00.000000',1,5);
INSERT INTO "movement" VALUES(8,16,2,1,5,4,'2026-12-19 14:30:00.000000',1,NULL);
INSERT INTO "movement" VALUES(9,23,1,1,12,6,'2026-11-21 14:30:00.000000',1,NULL);
INSERT INTO "movement" VALUES(10,24,1,1,10,1,'2026-11-21 14:30:00.000000',1,NULL);
INSERT INTO "movement" VALUES(11,26,1,1,10,1,'2026-11-21 14:30:00.000000',1,NULL);
INSERT INTO "movement" VALUES(12,32,1,12,7,1,'2026-11-21 14:30:00.000000',1,NULL);
CREATE TABLE pack (
	id INTEGER NOT NULL, 
	product_id INTEGER NOT NULL, 
	gtin TEXT, 
	units INTEGER NOT NULL, 
	CONSTRAINT pk_pack PRIMARY KEY (id), 
	CONSTRAINT ck_pack_units CHECK (units > 0), 
	CONSTRAINT fk_pack_product_id FOREIGN KEY(product_id) REFERENCES product (id), 
	CONSTRAINT uq_pack_gtin UNIQUE (gtin)
);
INSERT INTO "pack" VALUES(1,1,'00305170031251',25);
INSERT INTO "pack" VALUES(2,2,'00363323044442',25);
INSERT INTO "pack" VALUES(3,3,'00370069005101',25);
INSERT INTO "pack" VALUES(4,4,'00370756635253',25);
INSERT INTO "pack" VALUES(5,5,'00370710166373',25);
INSERT INTO "pack" VALUES(6,6,'00368083561253',25);
INSERT INTO "pack" VALUES(7,7,'00301439620105',10);
INSERT INTO "pack" VALUES(8,8,'00369680121307',1);
INSERT INTO "pack" VALUES(9,9,NULL,1);
INSERT INTO "pack" VALUES(10,10,'00305912888303',1);
INSERT INTO "pack" VALUES(11,11,NULL,1);
CREATE TABLE patient (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	identifier TEXT NOT NULL, 
	name TEXT NOT NULL, 
	born DATE NOT NULL, 
	language VARCHAR(32) NOT NULL, 
	audit_key BLOB NOT NULL, erased_at DATETIME, 
	CONSTRAINT pk_patient PRIMARY KEY (id), 
	CONSTRAINT fk_patient_site_id FOREIGN KEY(site_id) REFERENCES site (id), 
	CONSTRAINT uq_patient_site_id_identifier UNIQUE (site_id, identifier), 
	CONSTRAINT uq_patient_site_id_number UNIQUE (site_id, number), 
	CONSTRAINT ck_patient_language CHECK (language IN ('en', 'nb'))
);
INSERT INTO "patient" VALUES(1,1,1,'MRN-1','Kari Nordmann','1961-04-03','en',X'6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B',NULL);
INSERT INTO "patient" VALUES(2,1,2,'MRN-2','Ola Eksempel','1954-11-30','nb',X'6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B',NULL);
INSERT INTO "patient" VALUES(3,1,3,'MRN-3','Eve Example','1978-02-14','en',X'6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B',NULL);
INSERT INTO "patient" VALUES(4,1,4,'MRN-9','Ola Hansen','1961-04-03','en',X'6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B',NULL);
INSERT INTO "patient" VALUES(5,1,5,'P5','(erased)','1900-01-01','en',X'','2026-12-21 14:30:00.000000');
CREATE TABLE patient_change (
	id INTEGER NOT NULL, 
	patient_id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	fact TEXT NOT NULL, 
	old TEXT NOT NULL, 
	new TEXT NOT NULL, 
	CONSTRAINT pk_patient_change PRIMARY KEY (id), 
	CONSTRAINT fk_patient_change_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id), 
	CONSTRAINT fk_patient_change_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_patient_change_by_id FOREIGN KEY(by_id) REFERENCES user_account (id)
);
CREATE TABLE patient_condition (
	patient_id INTEGER NOT NULL, 
	condition VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_patient_condition PRIMARY KEY (patient_id, condition), 
	CONSTRAINT fk_patient_condition_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id), 
	CONSTRAINT ck_patient_condition_condition CHECK (condition IN ('leber', 'kidney-failure', 'liver-disease', 'pregnancy', 'lactation', 'prematurity'))
);
INSERT INTO "patient_condition" VALUES(1,'leber');
INSERT INTO "patient_condition" VALUES(1,'pregnancy');
CREATE TABLE patient_level (
	patient_id INTEGER NOT NULL, 
	taken_on DATE NOT NULL, 
	level TEXT NOT NULL, 
	CONSTRAINT pk_patient_level PRIMARY KEY (patient_id, taken_on), 
	CONSTRAINT fk_patient_level_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id)
);
CREATE TABLE patient_medicine (
	patient_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	CONSTRAINT pk_patient_medicine PRIMARY KEY (patient_id, name), 
	CONSTRAINT fk_patient_medicine_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id)
);
CREATE TABLE patient_sensitivity (
	patient_id INTEGER NOT NULL, 
	sensitivity VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_patient_sensitivity PRIMARY KEY (patient_id, sensitivity), 
	CONSTRAINT fk_patient_sensitivity_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id), 
	CONSTRAINT ck_patient_sensitivity_sensitivity CHECK (sensitivity IN ('cobalamin', 'benzyl alcohol', 'parabens'))
);
INSERT INTO "patient_sensitivity" VALUES(2,'benzyl alcohol');
CREATE TABLE pin (
	id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	hash TEXT NOT NULL, 
	CONSTRAINT pk_pin PRIMARY KEY (id), 
	CONSTRAINT fk_pin_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_pin_user_id FOREIGN KEY(user_id) REFERENCES user_account (id)
);
INSERT INTO "pin" VALUES(1,1,'2026-12-21 14:30:00.000000',1,'$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBieXRlcyBvcg$FRYzUhrWfa/wyioETY8gMcuFQbGbiWG/J4hol9Nabr0');
INSERT INTO "pin" VALUES(2,3,'2026-12-21 14:30:00.000000',1,'$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBieXRlcyBvcg$JSX2o9QYPThxePzudQSvdkGSx5xQvqxG3PJeg+W2Bcg');
INSERT INTO "pin" VALUES(3,3,'2026-12-21 14:30:00.000000',3,'$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBieXRlcyBvcg$JSX2o9QYPThxePzudQSvdkGSx5xQvqxG3PJeg+W2Bcg');
CREATE TABLE "place" (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	code TEXT NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	temperature VARCHAR(32), 
	dark BOOLEAN, 
	CONSTRAINT pk_place PRIMARY KEY (id), 
	CONSTRAINT fk_place_site_id FOREIGN KEY(site_id) REFERENCES site (id), 
	CONSTRAINT uq_place_site_id_code UNIQUE (site_id, code), 
	CONSTRAINT ck_place_kind CHECK (kind IN ('shelf', 'refrigerator', 'quarantine', 'returned', 'transit', 'supplier', 'patients', 'opened', 'compounding', 'waste', 'variance')), 
	CONSTRAINT ck_place_temperature CHECK (temperature IN ('20-25', '<=25', '2-8', '8-15', 'per batch record')), 
	CONSTRAINT ck_place_dark CHECK (dark IN (0, 1))
);
INSERT INTO "place" VALUES(1,1,'shelf','shelf','20-25',1);
INSERT INTO "place" VALUES(2,1,'refrigerator','refrigerator','2-8',1);
INSERT INTO "place" VALUES(3,1,'quarantine','quarantine','20-25',1);
INSERT INTO "place" VALUES(4,1,'supplier','supplier',NULL,NULL);
INSERT INTO "place" VALUES(5,1,'patients','patients',NULL,NULL);
INSERT INTO "place" VALUES(6,1,'waste','waste',NULL,NULL);
INSERT INTO "place" VALUES(7,1,'variance','variance',NULL,NULL);
INSERT INTO "place" VALUES(8,1,'returned','returned','20-25',1);
INSERT INTO "place" VALUES(9,1,'transit','transit','20-25',1);
INSERT INTO "place" VALUES(10,1,'opened','opened',NULL,NULL);
INSERT INTO "place" VALUES(11,1,'compounding','compounding',NULL,NULL);
INSERT INTO "place" VALUES(12,1,'shelf-2','shelf','20-25',1);
INSERT INTO "place" VALUES(13,2,'shelf','shelf','20-25',1);
INSERT INTO "place" VALUES(14,2,'refrigerator','refrigerator','2-8',1);
INSERT INTO "place" VALUES(15,2,'quarantine','quarantine','20-25',1);
INSERT INTO "place" VALUES(16,2,'returned','returned','20-25',1);
INSERT INTO "place" VALUES(17,2,'transit','transit','20-25',1);
INSERT INTO "place" VALUES(18,2,'supplier','supplier',NULL,NULL);
INSERT INTO "place" VALUES(19,2,'patients','patients',NULL,NULL);
INSERT INTO "place" VALUES(20,2,'opened','opened',NULL,NULL);
INSERT INTO "place" VALUES(21,2,'compounding','compounding',NULL,NULL);
INSERT INTO "place" VALUES(22,2,'waste','waste',NULL,NULL);
INSERT INTO "place" VALUES(23,2,'variance','variance',NULL,NULL);
CREATE TABLE place_log (
	id INTEGER NOT NULL, 
	place_id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	file TEXT NOT NULL, 
	timezone TEXT NOT NULL, 
	first BIGINT NOT NULL, 
	last BIGINT NOT NULL, 
	readings INTEGER NOT NULL, 
	repeated INTEGER NOT NULL, 
	gaps INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_place_log PRIMARY KEY (id), 
	CONSTRAINT fk_place_log_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_place_log_place_id FOREIGN KEY(place_id) REFERENCES place (id), 
	CONSTRAINT fk_place_log_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT uq_place_log_request_id UNIQUE (request_id)
);
INSERT INTO "place_log" VALUES(1,12,33,'log.csv','UTC',1795264500,1795269900,19,0,0,'eb38969e78aa0dc1b25588a02a5c73c2c5267616657b13de37f7a0d716f4e562','2026-11-21 14:30:00.000000',1);
CREATE TABLE prescriber (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	profession TEXT NOT NULL, 
	npi TEXT, 
	hpr TEXT, 
	CONSTRAINT pk_prescriber PRIMARY KEY (id), 
	CONSTRAINT ck_prescriber_one_identifier CHECK ((npi IS NULL) <> (hpr IS NULL)), 
	CONSTRAINT fk_prescriber_site_id FOREIGN KEY(site_id) REFERENCES site (id), 
	CONSTRAINT uq_prescriber_site_id_hpr UNIQUE (site_id, hpr), 
	CONSTRAINT uq_prescriber_site_id_npi UNIQUE (site_id, npi), 
	CONSTRAINT uq_prescriber_site_id_number UNIQUE (site_id, number)
);
INSERT INTO "prescriber" VALUES(1,1,1,'Dr. Ida Berg','physician','1234567893',NULL);
CREATE TABLE prescription (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	patient_id INTEGER NOT NULL, 
	prescriber_id INTEGER NOT NULL, 
	form VARCHAR(32) NOT NULL, 
	directions TEXT NOT NULL, 
	directions_as_written TEXT NOT NULL, 
	quantity_units INTEGER, 
	days INTEGER, 
	refills INTEGER NOT NULL, 
	written DATE NOT NULL, 
	valid_until DATE NOT NULL, 
	indication TEXT NOT NULL, product_id INTEGER CONSTRAINT fk_prescription_product_id REFERENCES product (id), as_written BOOLEAN DEFAULT 0 NOT NULL CONSTRAINT ck_prescription_as_written CHECK (as_written IN (0, 1)), 
	CONSTRAINT pk_prescription PRIMARY KEY (id), 
	CONSTRAINT ck_prescription_units_or_days CHECK ((quantity_units IS NULL) <> (days IS NULL)), 
	CONSTRAINT ck_prescription_days CHECK (days > 0), 
	CONSTRAINT ck_prescription_quantity CHECK (quantity_units > 0), 
	CONSTRAINT ck_prescription_refills CHECK (refills >= 0), 
	CONSTRAINT ck_prescription_valid CHECK (valid_until >= written), 
	CONSTRAINT fk_prescription_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id), 
	CONSTRAINT fk_prescription_prescriber_id FOREIGN KEY(prescriber_id) REFERENCES prescriber (id), 
	CONSTRAINT fk_prescription_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_prescription_site_id FOREIGN KEY(site_id) REFERENCES site (id), 
	CONSTRAINT uq_prescription_request_id UNIQUE (request_id), 
	CONSTRAINT uq_prescription_site_id_number UNIQUE (site_id, number), 
	CONSTRAINT ck_prescription_form CHECK (form IN ('cyanocobalamin', 'hydroxocobalamin', 'methylcobalamin'))
);
INSERT INTO "prescription" VALUES(1,1,1,9,1,1,'cyanocobalamin','1 mg IM weekly','1 mg IM weekly',4,NULL,2,'2026-11-20','2027-11-20','',NULL,0);
INSERT INTO "prescription" VALUES(2,1,2,10,2,1,'cyanocobalamin','1 mg subcut every 2 to 3 days','1 mg subcut every 2 to 3 days',NULL,14,3,'2026-11-20','2027-11-20','',NULL,0);
INSERT INTO "prescription" VALUES(3,1,3,11,3,1,'cyanocobalamin','1 mg IM weekly','1 mg IM weekly',4,NULL,0,'2026-11-20','2027-11-20','',NULL,0);
INSERT INTO "prescription" VALUES(4,1,4,19,4,1,'cyanocobalamin','1 mg IM weekly','1 mg IM weekly',99,NULL,2,'2026-11-20','2027-11-20','',NULL,0);
CREATE TABLE prescription_act (
	id INTEGER NOT NULL, 
	prescription_id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	act VARCHAR(32) NOT NULL, 
	reason TEXT NOT NULL, 
	to_pharmacy TEXT, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_prescription_act PRIMARY KEY (id), 
	CONSTRAINT fk_prescription_act_prescription_id FOREIGN KEY(prescription_id) REFERENCES prescription (id), 
	CONSTRAINT fk_prescription_act_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_prescription_act_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT uq_prescription_act_request_id UNIQUE (request_id), 
	CONSTRAINT ck_prescription_act_act CHECK (act IN ('hold', 'release', 'cancel', 'transfer'))
);
INSERT INTO "prescription_act" VALUES(1,4,21,'hold','the prescriber is asked about the quantity',NULL,'2026-11-21 14:30:00.000000',1);
CREATE TABLE print_attempt (
	id INTEGER NOT NULL, 
	job_id INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	problem TEXT, 
	receipt TEXT, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_print_attempt PRIMARY KEY (id), 
	CONSTRAINT ck_print_attempt_attempt CHECK (attempt > 0), 
	CONSTRAINT ck_print_attempt_problem CHECK ((problem IS NOT NULL) = (state IN ('failed', 'unknown', 'cancelled'))), 
	CONSTRAINT ck_print_attempt_receipt CHECK ((receipt IS NOT NULL) = (state = 'sent')), 
	CONSTRAINT fk_print_attempt_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_print_attempt_job_id FOREIGN KEY(job_id) REFERENCES print_job (id), 
	CONSTRAINT uq_print_attempt_job_id_attempt_state UNIQUE (job_id, attempt, state), 
	CONSTRAINT ck_print_attempt_state CHECK (state IN ('sending', 'sent', 'failed', 'unknown', 'printed', 'cancelled'))
);
INSERT INTO "print_attempt" VALUES(1,3,1,'sending',NULL,NULL,'2026-11-21 14:30:00.000000',1);
INSERT INTO "print_attempt" VALUES(2,3,1,'unknown','it broke off',NULL,'2026-11-21 14:30:00.000000',1);
CREATE TABLE print_job (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	record TEXT NOT NULL, 
	copy INTEGER NOT NULL, 
	design TEXT NOT NULL, 
	printer TEXT, 
	position INTEGER, 
	again_id INTEGER, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_print_job PRIMARY KEY (id), 
	CONSTRAINT ck_print_job_again CHECK (again_id IS NULL OR printer IS NOT NULL), 
	CONSTRAINT ck_print_job_copy CHECK (copy > 0), 
	CONSTRAINT ck_print_job_position CHECK (position > 0), 
	CONSTRAINT fk_print_job_again_id FOREIGN KEY(again_id) REFERENCES print_job (id), 
	CONSTRAINT fk_print_job_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_print_job_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_print_job_site_id FOREIGN KEY(site_id) REFERENCES site (id), 
	CONSTRAINT uq_print_job_again_id UNIQUE (again_id), 
	CONSTRAINT uq_print_job_site_id_kind_record_copy UNIQUE (site_id, kind, record, copy), 
	CONSTRAINT uq_print_job_site_id_number UNIQUE (site_id, number)
);
INSERT INTO "print_job" VALUES(1,1,1,35,'dispense','D1',1,'dispense-100x62',NULL,NULL,NULL,'2026-11-21 14:30:00.000000',1);
INSERT INTO "print_job" VALUES(2,1,2,36,'dispense','D1',2,'dispense-100x62','counter',NULL,NULL,'2026-11-21 14:30:00.000000',1);
INSERT INTO "print_job" VALUES(3,1,3,37,'dispense','D1',3,'dispense-100x62','office',3,NULL,'2026-11-21 14:30:00.000000',1);
INSERT INTO "print_job" VALUES(4,1,4,38,'shelf','NO-CY-TAK1',1,'shelf-62x29','counter',NULL,NULL,'2026-11-21 14:30:00.000000',1);
CREATE TABLE product (
	id INTEGER NOT NULL, 
	code TEXT NOT NULL, 
	name TEXT NOT NULL, 
	labeler TEXT NOT NULL, 
	form VARCHAR(32) NOT NULL, 
	strength_mcg_per_ml INTEGER NOT NULL, 
	container VARCHAR(32) NOT NULL, 
	fill_ul INTEGER NOT NULL, 
	preserved VARCHAR(32) NOT NULL, 
	temperature VARCHAR(32) NOT NULL, 
	protect_from_light BOOLEAN NOT NULL, 
	routes TEXT NOT NULL, 
	identifier_kind TEXT NOT NULL, 
	identifier TEXT NOT NULL, 
	confidence TEXT NOT NULL, 
	minimum_units INTEGER, in_use_days INTEGER CONSTRAINT ck_product_in_use_days CHECK (in_use_days > 0), light_limit_minutes INTEGER CONSTRAINT ck_product_light_limit_minutes CHECK (light_limit_minutes > 0), 
	CONSTRAINT pk_product PRIMARY KEY (id), 
	CONSTRAINT ck_product_fill CHECK (fill_ul > 0), 
	CONSTRAINT ck_product_minimum CHECK (minimum_units >= 0), 
	CONSTRAINT ck_product_strength CHECK (strength_mcg_per_ml > 0), 
	CONSTRAINT uq_product_code UNIQUE (code), 
	CONSTRAINT ck_product_form CHECK (form IN ('cyanocobalamin', 'hydroxocobalamin', 'methylcobalamin')), 
	CONSTRAINT ck_product_container CHECK (container IN ('ampoule', 'single-dose vial', 'multi-dose vial', 'vial')), 
	CONSTRAINT ck_product_preserved CHECK (preserved IN ('none', 'listed', 'unknown', 'per batch record')), 
	CONSTRAINT ck_product_temperature CHECK (temperature IN ('20-25', '<=25', '2-8', '8-15', 'per batch record')), 
	CONSTRAINT ck_product_protect_from_light CHECK (protect_from_light IN (0, 1))
);
INSERT INTO "product" VALUES(1,'US-CY-ARG1','Cyanocobalamin injection','American Regent','cyanocobalamin',1000,'multi-dose vial',1000,'listed','20-25',1,'IM;subcut','NDC','0517-0031-25','listing seen; preservative from memory',NULL,NULL,NULL);
INSERT INTO "product" VALUES(2,'US-CY-FK1','Cyanocobalamin injection','Fresenius Kabi','cyanocobalamin',1000,'multi-dose vial',1000,'listed','20-25',1,'IM;subcut','NDC','63323-044-44','listing seen; preservative from memory',NULL,NULL,NULL);
INSERT INTO "product" VALUES(3,'US-CY-SOM1','Cyanocobalamin injection','Somerset','cyanocobalamin',1000,'vial',1000,'listed','20-25',1,'IM;subcut','NDC','70069-005-10','listing seen; concentration not shown',NULL,NULL,NULL);
INSERT INTO "product" VALUES(4,'US-CY-LIF1','Cyanocobalamin injection','Lifestar','cyanocobalamin',1000,'vial',1000,'unknown','20-25',1,'IM;subcut','NDC','70756-635-25','listing seen',NULL,NULL,NULL);
INSERT INTO "product" VALUES(5,'US-CY-ZYD1','Cyanocobalamin injection','Zydus','cyanocobalamin',1000,'multi-dose vial',1000,'unknown','20-25',1,'IM;subcut','NDC','70710-1663-7','listing seen',NULL,NULL,NULL);
INSERT INTO "product" VALUES(6,'US-CY-GLA10','Cyanocobalamin injection','Gland','cyanocobalamin',1000,'multi-dose vial',10000,'unknown','20-25',1,'IM;subcut','NDC','68083-561-25','listing seen',NULL,NULL,NULL);
INSERT INTO "product" VALUES(7,'US-CY-HIK10','Cyanocobalamin injection','Hikma','cyanocobalamin',1000,'multi-dose vial',10000,'unknown','20-25',1,'IM;subcut','NDC','0143-9620-10','listing seen',NULL,NULL,NULL);
INSERT INTO "product" VALUES(8,'US-CY-VIT30','Cyanocobalamin injection','Vitruvias','cyanocobalamin',1000,'multi-dose vial',30000,'listed','20-25',1,'IM;subcut','NDC','69680-121-30','listing and label seen',NULL,NULL,NULL);
INSERT INTO "product" VALUES(9,'US-CY-DOD10','Dodex','Accord','cyanocobalamin',1000,'multi-dose vial',10000,'listed','20-25',1,'IM;subcut','NDC','16729-533','package code unknown',NULL,NULL,NULL);
INSERT INTO "product" VALUES(10,'US-HY-ACT30','Hydroxocobalamin injection','Actavis','hydroxocobalamin',1000,'multi-dose vial',30000,'listed','20-25',1,'IM','NDC','0591-2888-30','listing and label seen',NULL,NULL,NULL);
INSERT INTO "product" VALUES(11,'US-ME-CMP10','Methylcobalamin (compounded)','house','methylcobalamin',1000,'multi-dose vial',10000,'per batch record','per batch record',1,'IM;subcut','none','','from memory',NULL,NULL,NULL);
INSERT INTO "product" VALUES(12,'NO-CY-TAK1','Vitamin B12','Takeda','cyanocobalamin',1000,'ampoule',1000,'none','<=25',1,'IM;subcut','Vnr','','secondary source; Vnr and pack size unknown',NULL,NULL,NULL);
INSERT INTO "product" VALUES(13,'NO-HY-TAK1','Vitamin B12 Depot','Takeda','hydroxocobalamin',1000,'ampoule',1000,'listed','<=25',1,'IM','Vnr','','product page seen; Vnr and pack size unknown',NULL,NULL,NULL);
INSERT INTO "product" VALUES(14,'NO-HY-ORI1','Hydroksokobalamin Orifarm','Orifarm','hydroxocobalamin',1000,'ampoule',1000,'unknown','<=25',1,'IM','Vnr','','secondary source; container from memory',NULL,NULL,NULL);
CREATE TABLE product_preservative (
	product_id INTEGER NOT NULL, 
	agent TEXT NOT NULL, 
	mcg_per_ml INTEGER, 
	CONSTRAINT pk_product_preservative PRIMARY KEY (product_id, agent), 
	CONSTRAINT ck_product_preservative_concentration CHECK (mcg_per_ml > 0), 
	CONSTRAINT fk_product_preservative_product_id FOREIGN KEY(product_id) REFERENCES product (id)
);
INSERT INTO "product_preservative" VALUES(1,'benzyl alcohol',15000);
INSERT INTO "product_preservative" VALUES(2,'benzyl alcohol',15000);
INSERT INTO "product_preservative" VALUES(3,'benzyl alcohol',NULL);
INSERT INTO "product_preservative" VALUES(8,'benzyl alcohol',15000);
INSERT INTO "product_preservative" VALUES(9,'benzyl alcohol',15000);
INSERT INTO "product_preservative" VALUES(10,'methylparaben',1500);
INSERT INTO "product_preservative" VALUES(10,'propylparaben',200);
INSERT INTO "product_preservative" VALUES(13,'benzyl alcohol',15000);
CREATE TABLE reading (
	place_id INTEGER NOT NULL, 
	second BIGINT NOT NULL, 
	centidegrees INTEGER NOT NULL, 
	log_id INTEGER NOT NULL, 
	CONSTRAINT pk_reading PRIMARY KEY (place_id, second), 
	CONSTRAINT fk_reading_log_id FOREIGN KEY(log_id) REFERENCES place_log (id), 
	CONSTRAINT fk_reading_place_id FOREIGN KEY(place_id) REFERENCES place (id)
)
 WITHOUT ROWID

;
INSERT INTO "reading" VALUES(12,1795264500,2100,1);
INSERT INTO "reading" VALUES(12,1795264800,2100,1);
INSERT INTO "reading" VALUES(12,1795265100,2100,1);
INSERT INTO "reading" VALUES(12,1795265400,2100,1);
INSERT INTO "reading" VALUES(12,1795265700,2100,1);
INSERT INTO "reading" VALUES(12,1795266000,2100,1);
INSERT INTO "reading" VALUES(12,1795266300,2100,1);
INSERT INTO "reading" VALUES(12,1795266600,2100,1);
INSERT INTO "reading" VALUES(12,1795266900,2100,1);
INSERT INTO "reading" VALUES(12,1795267200,2100,1);
INSERT INTO "reading" VALUES(12,1795267500,2100,1);
INSERT INTO "reading" VALUES(12,1795267800,2100,1);
INSERT INTO "reading" VALUES(12,1795268100,2100,1);
INSERT INTO "reading" VALUES(12,1795268400,2100,1);
INSERT INTO "reading" VALUES(12,1795268700,2100,1);
INSERT INTO "reading" VALUES(12,1795269000,2100,1);
INSERT INTO "reading" VALUES(12,1795269300,2100,1);
INSERT INTO "reading" VALUES(12,1795269600,2100,1);
INSERT INTO "reading" VALUES(12,1795269900,2100,1);
CREATE TABLE recall (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	class VARCHAR(32) NOT NULL, 
	reference TEXT NOT NULL, 
	dated DATE NOT NULL, 
	reason TEXT NOT NULL, 
	product_id INTEGER, 
	lot_number TEXT, 
	expires_from DATE, 
	expires_to DATE, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_recall PRIMARY KEY (id), 
	CONSTRAINT ck_recall_expiries CHECK (expires_to >= expires_from), 
	CONSTRAINT ck_recall_covers CHECK (product_id IS NOT NULL OR lot_number IS NOT NULL), 
	CONSTRAINT fk_recall_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_recall_product_id FOREIGN KEY(product_id) REFERENCES product (id), 
	CONSTRAINT fk_recall_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_recall_site_id FOREIGN KEY(site_id) REFERENCES site (id), 
	CONSTRAINT uq_recall_request_id UNIQUE (request_id), 
	CONSTRAINT uq_recall_site_id_number UNIQUE (site_id, number), 
	CONSTRAINT ck_recall_class CHECK (class IN ('I', 'II', 'III'))
);
INSERT INTO "recall" VALUES(1,1,1,34,'I','D-0793-2026','2026-11-21','lacks sterility',NULL,'Z9',NULL,NULL,'2026-11-21 14:30:00.000000',1);
CREATE TABLE recall_contact (
	id INTEGER NOT NULL, 
	recall_id INTEGER NOT NULL, 
	patient_id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	contact VARCHAR(32) NOT NULL, 
	note TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_recall_contact PRIMARY KEY (id), 
	CONSTRAINT fk_recall_contact_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_recall_contact_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id), 
	CONSTRAINT fk_recall_contact_recall_id FOREIGN KEY(recall_id) REFERENCES recall (id), 
	CONSTRAINT fk_recall_contact_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT uq_recall_contact_request_id UNIQUE (request_id), 
	CONSTRAINT ck_recall_contact_contact CHECK (contact IN ('reached', 'not reached', 'declined'))
);
CREATE TABLE recall_withdrawal (
	recall_id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_recall_withdrawal PRIMARY KEY (recall_id), 
	CONSTRAINT fk_recall_withdrawal_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_recall_withdrawal_recall_id FOREIGN KEY(recall_id) REFERENCES recall (id), 
	CONSTRAINT fk_recall_withdrawal_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT uq_recall_withdrawal_request_id UNIQUE (request_id)
);
CREATE TABLE receipt (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	CONSTRAINT pk_receipt PRIMARY KEY (id), 
	CONSTRAINT fk_receipt_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_receipt_site_id FOREIGN KEY(site_id) REFERENCES site (id), 
	CONSTRAINT uq_receipt_request_id UNIQUE (request_id), 
	CONSTRAINT uq_receipt_site_id_number UNIQUE (site_id, number)
);
INSERT INTO "receipt" VALUES(1,1,1,2);
INSERT INTO "receipt" VALUES(2,1,2,3);
INSERT INTO "receipt" VALUES(3,1,3,4);
CREATE TABLE receipt_line (
	id INTEGER NOT NULL, 
	receipt_id INTEGER NOT NULL, 
	lot_id INTEGER NOT NULL, 
	place_id INTEGER NOT NULL, 
	pack_id INTEGER, 
	serial TEXT, 
	units INTEGER NOT NULL, 
	unit_cost_micros BIGINT, 
	CONSTRAINT pk_receipt_line PRIMARY KEY (id), 
	CONSTRAINT ck_receipt_line_units CHECK (units > 0), 
	CONSTRAINT fk_receipt_line_lot_id FOREIGN KEY(lot_id) REFERENCES lot (id), 
	CONSTRAINT fk_receipt_line_pack_id FOREIGN KEY(pack_id) REFERENCES pack (id), 
	CONSTRAINT fk_receipt_line_place_id FOREIGN KEY(place_id) REFERENCES place (id), 
	CONSTRAINT fk_receipt_line_receipt_id FOREIGN KEY(receipt_id) REFERENCES receipt (id), 
	CONSTRAINT uq_receipt_line_pack_id_serial UNIQUE (pack_id, serial)
);
INSERT INTO "receipt_line" VALUES(1,1,1,1,NULL,NULL,40,3250000);
INSERT INTO "receipt_line" VALUES(2,2,2,1,NULL,NULL,20,NULL);
INSERT INTO "receipt_line" VALUES(3,3,1,1,NULL,NULL,10,4000000);
CREATE TABLE request (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	content TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_request PRIMARY KEY (id), 
	CONSTRAINT fk_request_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_request_site_id FOREIGN KEY(site_id) REFERENCES site (id), 
	CONSTRAINT uq_request_site_id_key UNIQUE (site_id, "key")
);
INSERT INTO "request" VALUES(1,1,'init','product import','0af48468c3f5a644d0226658752a9a23925d266da66a610177e14f4b94568b0d','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(2,1,'key-1','receive','9d7f0895c231204cd5a7d36bc2074c9a4efaf53b9c4b3ef00a40bb17cb3c242f','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(3,1,'key-2','receive','72264f924491539fd086e3b284ba4458f9e03546bbc974e7b4be8672299b619b','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(4,1,'key-3','receive','d7c9c5f71eed40b9f2704e0fb0a9f6b9cdc3c4e049ab9d6c4d64a8288ac3960f','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(5,1,'key-4','prescriber add','4a5bb74888973c78af0dfaea42049cef93fdf95866a8bb4f44b0792e2b14fc2e','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(6,1,'key-5','patient add','38b6e98df784693dc85c00929994dbea915dd7dd9f058740e6bb66ee3a5629bb','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(7,1,'key-6','patient add','223a15f62dd57cb6d012407360d21289229bb97a76354f30ba4a374a5f3a8b98','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(8,1,'key-7','patient add','0e493f0bfdfcf79041f55e121cd96ec7557f2072d45f6f54e1ccf5156a56cea4','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(9,1,'key-8','rx add','ab94d39e0274b885d2c464966fe8d5d45f75f16ccadad6f3f1ea01ed1ca6da39','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(10,1,'key-9','rx add','655c710c50f1cf20743506335306707b083ae75390a08724dde0b974c9e4618c','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(11,1,'key-10','rx add','7e8b38acba0ecb67d04f2cc9d384aa7e1449db76b243f840ce411098023cdbbd','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(12,1,'old-1','dispense','a8bafbd2186052e957d8153ffe1510e6ebfa4441a1566398661b5285e76b94d0','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(13,1,'old-2','dispense','26eed0821d8f08f1dbebad2211b8845f01cb0279e3f5c9895a5b9a8a61f6c50e','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(14,1,'old-3','dispense','4a2260fc9330eaf1640b5d1514b27f95d7701ab16ba3bdc4982968a888f39239','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(15,1,'key-11','return','5749c13610736dbf128b29908adfe2e498c5d3959c9ca9e171bd41ba6d912a9d','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(16,1,'old-4','dispense','1192c2a3fcb330f78ed03d15d322244737ef72d18b4f9c6750c4f166a987cca0','2026-12-19 14:30:00.000000',1);
INSERT INTO "request" VALUES(17,1,'key-500','user add','fbf7dc7e0ab4f8389256d76969e9bfe5ac5c6b1911c314ff2a8acbe26999b9d6','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(18,1,'key-501','patient add','b33dd7e5cda3f72cb33d698cc06746b5aebfde82ce31b3d789ec941eb94a2d12','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(19,1,'key-502','rx add','f0974a42aa0760dd9e0732c1c3b0cd8c25b727497d34cbdfed9635d2c17fb806','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(20,1,'key-503','rx owe','bfaccd00ada195411f08cab118698ac103db16005a1340fcdd953b274a6f9ad6','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(21,1,'key-504','rx hold','ba66da35778c88640c6c8bd4724c543b97aed77e179d45425fc48cba14f29696','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(22,1,'key-3000','place add','a3ba800a7369a5fe55e2c8f60329426b7254ad74e53dbfec4269fe737851f58c','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(23,1,'key-3001','move','e0602f39542e1adee1fab32dbb77f9dc92bf6d6018a85322868c74f9a693d29e','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(24,1,'key-3002','vial open','40e6535713935bdb63bb06cec5f84d7ff61966db39ca3e025377509239af0af7','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(25,1,'key-3003','vial draw','abc6ef3ca5698c2e86257a181f2fc96d3181b8aeba3bbd45c7ac794321ca2be0','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(26,1,'key-3004','vial open','c4e41c9645dcaf40d025cf5b075042300a1c852856917180e2cb7670f2317567','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(27,1,'key-3005','light','df82a7bb1d81398a9187ca3a1a9067723df09936960aa3229b8a58399f82298a','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(28,1,'key-3006','lot hold','7fa9f04f2e396c228cd7cb240c506fbc57579580b66d656d0be2c89ed6219497','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(29,1,'key-3007','lot release','33c67bc4ab4c382e5935a1ab9b0ec9c4d68d9861c1679b9280149d35567cee4f','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(30,1,'key-3008','count start','00ce107304981a4270022150fffd57e58a554438dd93c8260e885033dd32eddb','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(31,1,'key-3009','count enter','c9e3331bb65162c67483b2011d37e8f013828ff987bf3f1a61c8054cdb615bda','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(32,1,'key-3010','count close','8c75d07e9b48f3104624257f46f42b348064f95fca45b21d2a10649505a6ac70','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(33,1,'key-3011','place log','e7356576cee52c1570431302683a9b38be81ed132ae0ddcc1f39d227e34b9cf1','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(34,1,'key-3012','lot recall','eff4c90c92c8264317463da2df04ad593d39a8d479617b8f176052b43d583b46','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(35,1,'key-800','label print','8c853160d2ce2533dae4eec54b0a743ee451049449a1ece54beb1dcbcfe85bbe','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(36,1,'key-801','label print','a669edd5c3246be8f196ca5ceba7c2c1a1ac09d443fcd9ca0015bb6a12acc1a2','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(37,1,'key-802','label print','3d3e8ca1b5e8983208d87ed579ca152a1120a8cf71e294a6510a94da3d01d9ad','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(38,1,'key-803','label print','07d7d0ffba3f86db47841beffb5e24109a775cf9a6f6c4a73f6285b2cec7a97f','2026-11-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(39,1,'key-900','user add','2491170c7b26404dff35fc7c8a34a385abf321edd5d65a5f8ba764cfaad51a11','2026-12-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(40,1,'key-901','user add','2715be35e0362210999db966510054eb76240df33c343697735a0bec2fb40806','2026-12-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(41,1,'key-902','patient add',' 7bad0ad0b35923b6932151525fe5e16dd47c8285c97a9421e02c50691c7702c7','2026-12-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(42,1,'key-903','patient erase','e91e16669ee1167da7821ffe506d6bf5d00582d480ae90291cb311b334946ac7','2026-12-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(43,1,'key-904','user pin','f18b63c17f9af0bcba2081bf21a1eb2d0adac4ca5903fb94c755c797b9298da0','2026-12-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(44,1,'key-905','user pin','d559ca1b31f5943850bcc5e6ade16741f985c4931219e6aa5b754c4d3519ff0f','2026-12-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(45,1,'key-906','user pin','5582bd06264786444f7bd2039f44b3ec3188b3bfa5e178b3f8b44676c39bf39f','2026-12-21 14:30:00.000000',3);
INSERT INTO "request" VALUES(46,1,'key-907','user badge','fa3526773c11468972b0b042f69d78ce8cf80ea018540236bb86e3eb0564e4dd','2026-12-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(47,1,'key-908','site add','e2eb2f6ee40401a209e43f64a5822c9db49f679d2fa58b70da397a3ef25f175b','2026-12-21 14:30:00.000000',1);
INSERT INTO "request" VALUES(48,2,'nora','user add','c226a349707ef17f76a6372af7751f886561f24f5fe17117c9b6bdae799fef30','2026-12-23 14:30:00.000000',1);
INSERT INTO "request" VALUES(49,1,'key-909','user right','ab049c98731d00235e34585ddc4034f0e75d46dd0108600d2971e65b43b1243b','2026-12-21 14:30:00.000000',1);
CREATE TABLE session (
	id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	token_hash TEXT NOT NULL, 
	counter TEXT NOT NULL, 
	opened_at DATETIME NOT NULL, 
	used_at DATETIME NOT NULL, 
	ended_at DATETIME, 
	CONSTRAINT pk_session PRIMARY KEY (id), 
	CONSTRAINT fk_session_user_id FOREIGN KEY(user_id) REFERENCES user_account (id), 
	CONSTRAINT uq_session_token_hash UNIQUE (token_hash)
);
INSERT INTO "session" VALUES(1,3,'3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9','desk at front','2026-12-21 14:30:00.000000','2026-12-21 14:30:00.000000','2026-12-21 14:30:00.000000');
CREATE TABLE site (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	CONSTRAINT pk_site PRIMARY KEY (id), 
	CONSTRAINT uq_site_origin UNIQUE (origin)
);
INSERT INTO "site" VALUES(1,'Corner Pharmacy','test-origin');
INSERT INTO "site" VALUES(2,'North','north');
CREATE TABLE site_right (
	id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	role VARCHAR(32), 
	CONSTRAINT pk_site_right PRIMARY KEY (id), 
	CONSTRAINT fk_site_right_site_id FOREIGN KEY(site_id) REFERENCES site (id), 
	CONSTRAINT fk_site_right_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_site_right_user_id FOREIGN KEY(user_id) REFERENCES user_account (id), 
	CONSTRAINT ck_site_right_role CHECK (role IN ('technician', 'pharmacist', 'auditor', 'manager', 'reporter', 'exporter', 'keeper'))
);
INSERT INTO "site_right" VALUES(1,1,'2026-12-21 14:30:00.000000',1,2,'pharmacist');
INSERT INTO "site_right" VALUES(2,5,'2026-12-21 14:30:00.000000',1,1,'auditor');
CREATE TABLE stock_act (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	reason TEXT, 
	reference TEXT, 
	witness_id INTEGER, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_stock_act PRIMARY KEY (id), 
	CONSTRAINT ck_stock_act_witness CHECK (witness_id <> by_id), 
	CONSTRAINT fk_stock_act_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_stock_act_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_stock_act_site_id FOREIGN KEY(site_id) REFERENCES site (id), 
	CONSTRAINT fk_stock_act_witness_id FOREIGN KEY(witness_id) REFERENCES user_account (id), 
	CONSTRAINT uq_stock_act_request_id UNIQUE (request_id), 
	CONSTRAINT uq_stock_act_site_id_number UNIQUE (site_id, number), 
	CONSTRAINT ck_stock_act_kind CHECK (kind IN ('move', 'destroy', 'send back'))
);
INSERT INTO "stock_act" VALUES(1,1,1,23,'move','more room',NULL,NULL,'2026-11-21 14:30:00.000000',1);
CREATE TABLE stock_count (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	place_id INTEGER, 
	product_id INTEGER, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_stock_count PRIMARY KEY (id), 
	CONSTRAINT ck_stock_count_scope CHECK (place_id IS NOT NULL OR product_id IS NOT NULL), 
	CONSTRAINT fk_stock_count_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_stock_count_place_id FOREIGN KEY(place_id) REFERENCES place (id), 
	CONSTRAINT fk_stock_count_product_id FOREIGN KEY(product_id) REFERENCES product (id), 
	CONSTRAINT fk_stock_count_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_stock_count_site_id FOREIGN KEY(site_id) REFERENCES site (id), 
	CONSTRAINT uq_stock_count_request_id UNIQUE (request_id), 
	CONSTRAINT uq_stock_count_site_id_number UNIQUE (site_id, number)
);
INSERT INTO "stock_count" VALUES(1,1,1,30,12,NULL,'2026-11-21 14:30:00.000000',1);
CREATE TABLE unmet_demand (
	id INTEGER NOT NULL, 
	prescription_id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	product_id INTEGER NOT NULL, 
	units INTEGER NOT NULL, 
	usable_units INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_unmet_demand PRIMARY KEY (id), 
	CONSTRAINT ck_unmet_demand_short CHECK (units > usable_units), 
	CONSTRAINT fk_unmet_demand_prescription_id FOREIGN KEY(prescription_id) REFERENCES prescription (id), 
	CONSTRAINT fk_unmet_demand_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_unmet_demand_product_id FOREIGN KEY(product_id) REFERENCES product (id), 
	CONSTRAINT fk_unmet_demand_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT uq_unmet_demand_request_id UNIQUE (request_id)
);
INSERT INTO "unmet_demand" VALUES(1,4,20,12,99,2,'2026-11-21 14:30:00.000000',1);
CREATE TABLE "user_account" (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	role VARCHAR(32) NOT NULL, 
	disabled_at DATETIME, 
	CONSTRAINT pk_user_account PRIMARY KEY (id), 
	CONSTRAINT fk_user_account_site_id FOREIGN KEY(site_id) REFERENCES site (id), 
	CONSTRAINT uq_user_account_site_id_name UNIQUE (site_id, name), 
	CONSTRAINT ck_user_account_role CHECK (role IN ('technician', 'pharmacist', 'auditor', 'manager', 'reporter', 'exporter', 'keeper'))
);
INSERT INTO "user_account" VALUES(1,1,'alex','pharmacist',NULL);
INSERT INTO "user_account" VALUES(2,1,'kim','technician',NULL);
INSERT INTO "user_account" VALUES(3,1,'pia','pharmacist',NULL);
INSERT INTO "user_account" VALUES(4,1,'nightly','reporter',NULL);
INSERT INTO "user_account" VALUES(5,2,'nora','pharmacist',NULL);
CREATE TABLE vial (
	id INTEGER NOT NULL, 
	site_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	lot_id INTEGER NOT NULL, 
	volume_ul INTEGER NOT NULL, 
	opened_at DATETIME NOT NULL, 
	discard_at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	place_id INTEGER NOT NULL, 
	remaining_ul INTEGER NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	patient_id INTEGER, 
	CONSTRAINT pk_vial PRIMARY KEY (id), 
	CONSTRAINT ck_vial_remaining CHECK (remaining_ul >= 0 AND remaining_ul <= volume_ul), 
	CONSTRAINT ck_vial_volume CHECK (volume_ul > 0), 
	CONSTRAINT fk_vial_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_vial_lot_id FOREIGN KEY(lot_id) REFERENCES lot (id), 
	CONSTRAINT fk_vial_patient_id FOREIGN KEY(patient_id) REFERENCES patient (id), 
	CONSTRAINT fk_vial_place_id FOREIGN KEY(place_id) REFERENCES place (id), 
	CONSTRAINT fk_vial_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_vial_site_id FOREIGN KEY(site_id) REFERENCES site (id), 
	CONSTRAINT uq_vial_request_id UNIQUE (request_id), 
	CONSTRAINT uq_vial_site_id_number UNIQUE (site_id, number), 
	CONSTRAINT ck_vial_state CHECK (state IN ('open', 'held', 'discarded'))
);
INSERT INTO "vial" VALUES(1,1,1,24,1,1000,'2026-11-21 14:30:00.000000','2026-12-19 14:30:00.000000',1,1,0,'discarded',NULL);
INSERT INTO "vial" VALUES(2,1,2,26,1,1000,'2026-11-21 14:30:00.000000','2026-12-19 14:30:00.000000',1,1,1000,'open',NULL);
CREATE TABLE vial_entry (
	id INTEGER NOT NULL, 
	vial_id INTEGER NOT NULL, 
	request_id INTEGER NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	volume_ul INTEGER NOT NULL, 
	from_place_id INTEGER, 
	to_place_id INTEGER, 
	reason TEXT, 
	at DATETIME NOT NULL, 
	by_id INTEGER NOT NULL, 
	CONSTRAINT pk_vial_entry PRIMARY KEY (id), 
	CONSTRAINT ck_vial_entry_kind_of_volume CHECK ((volume_ul > 0) = (kind IN ('draw', 'waste'))), 
	CONSTRAINT ck_vial_entry_volume CHECK (volume_ul >= 0), 
	CONSTRAINT fk_vial_entry_by_id FOREIGN KEY(by_id) REFERENCES user_account (id), 
	CONSTRAINT fk_vial_entry_from_place_id FOREIGN KEY(from_place_id) REFERENCES place (id), 
	CONSTRAINT fk_vial_entry_request_id FOREIGN KEY(request_id) REFERENCES request (id), 
	CONSTRAINT fk_vial_entry_to_place_id FOREIGN KEY(to_place_id) REFERENCES place (id), 
	CONSTRAINT fk_vial_entry_vial_id FOREIGN KEY(vial_id) REFERENCES vial (id), 
	CONSTRAINT ck_vial_entry_kind CHECK (kind IN ('draw', 'waste', 'hold', 'release', 'move'))
);
INSERT INTO "vial_entry" VALUES(1,1,25,'draw',1000,NULL,NULL,NULL,'2026-11-21 14:30:00.000000',1);
CREATE TABLE wrong_pins (
	user_id INTEGER NOT NULL, 
	in_a_row INTEGER NOT NULL, 
	last_at DATETIME NOT NULL, 
	CONSTRAINT pk_wrong_pins PRIMARY KEY (user_id), 
	CONSTRAINT ck_wrong_pins_in_a_row CHECK (in_a_row >= 0), 
	CONSTRAINT fk_wrong_pins_user_id FOREIGN KEY(user_id) REFERENCES user_account (id)
);
INSERT INTO "wrong_pins" VALUES(3,0,'2026-12-21 14:30:00.000000');
CREATE INDEX ix_product_form ON product (form);
CREATE INDEX ix_audit_event_at ON audit_event (site_id, at);
CREATE INDEX ix_lot_number ON lot (number);
CREATE INDEX ix_pack_product_id ON pack (product_id);
CREATE INDEX ix_balance_fefo ON balance (product_id, expires, lot_id) WHERE units > 0;
CREATE INDEX ix_movement_lot ON movement (lot_id, from_place_id, to_place_id, units);
CREATE INDEX ix_movement_request_id ON movement (request_id);
CREATE INDEX ix_movement_reverses ON movement (reverses_id) WHERE reverses_id IS NOT NULL;
CREATE INDEX ix_prescription_patient_id ON prescription (patient_id);
CREATE INDEX ix_dispense_at ON dispense (at);
CREATE INDEX ix_receipt_line_lot_id ON receipt_line (lot_id);
CREATE INDEX ix_receipt_line_receipt_id ON receipt_line (receipt_id);
CREATE INDEX ix_dispense_return_dispense_id ON dispense_return (dispense_id);
CREATE TRIGGER answer_no_update BEFORE UPDATE ON answer BEGIN SELECT RAISE(ABORT, 'answer is append-only'); END;
CREATE TRIGGER answer_no_delete BEFORE DELETE ON answer BEGIN SELECT RAISE(ABORT, 'answer is append-only'); END;
CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END;
CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END;
CREATE TRIGGER dispense_no_update BEFORE UPDATE ON dispense BEGIN SELECT RAISE(ABORT, 'dispense is append-only'); END;
CREATE TRIGGER dispense_no_delete BEFORE DELETE ON dispense BEGIN SELECT RAISE(ABORT, 'dispense is append-only'); END;
CREATE TRIGGER dispense_return_no_update BEFORE UPDATE ON dispense_return BEGIN SELECT RAISE(ABORT, 'dispense_return is append-only'); END;
CREATE TRIGGER dispense_return_no_delete BEFORE DELETE ON dispense_return BEGIN SELECT RAISE(ABORT, 'dispense_return is append-only'); END;
CREATE TRIGGER finding_no_update BEFORE UPDATE ON finding BEGIN SELECT RAISE(ABORT, 'finding is append-only'); END;
CREATE TRIGGER finding_no_delete BEFORE DELETE ON finding BEGIN SELECT RAISE(ABORT, 'finding is append-only'); END;
CREATE TRIGGER movement_no_update BEFORE UPDATE ON movement BEGIN SELECT RAISE(ABORT, 'movement is append-only'); END;
CREATE TRIGGER movement_no_delete BEFORE DELETE ON movement BEGIN SELECT RAISE(ABORT, 'movement is append-only'); END;
CREATE TRIGGER receipt_no_update BEFORE UPDATE ON receipt BEGIN SELECT RAISE(ABORT, 'receipt is append-only'); END;
CREATE TRIGGER receipt_no_delete BEFORE DELETE ON receipt BEGIN SELECT RAISE(ABORT, 'receipt is append-only'); END;
CREATE TRIGGER receipt_line_no_update BEFORE UPDATE ON receipt_line BEGIN SELECT RAISE(ABORT, 'receipt_line is append-only'); END;
CREATE TRIGGER receipt_line_no_delete BEFORE DELETE ON receipt_line BEGIN SELECT RAISE(ABORT, 'receipt_line is append-only'); END;
CREATE TRIGGER request_no_update BEFORE UPDATE ON request BEGIN SELECT RAISE(ABORT, 'request is append-only'); END;
CREATE TRIGGER request_no_delete BEFORE DELETE ON request BEGIN SELECT RAISE(ABORT, 'request is append-only'); END;
CREATE INDEX ix_patient_change_patient_id ON patient_change (patient_id);
CREATE INDEX ix_prescription_act_prescription_id ON prescription_act (prescription_id);
CREATE INDEX ix_unmet_demand_prescription_id ON unmet_demand (prescription_id);
CREATE INDEX ix_unmet_demand_at ON unmet_demand (at);
CREATE INDEX ix_checked_pack_check_id ON checked_pack (check_id);
CREATE TRIGGER checked_pack_no_update BEFORE UPDATE ON checked_pack BEGIN SELECT RAISE(ABORT, 'checked_pack is append-only'); END;
CREATE TRIGGER checked_pack_no_delete BEFORE DELETE ON checked_pack BEGIN SELECT RAISE(ABORT, 'checked_pack is append-only'); END;
CREATE TRIGGER hand_over_check_no_update BEFORE UPDATE ON hand_over_check BEGIN SELECT RAISE(ABORT, 'hand_over_check is append-only'); END;
CREATE TRIGGER hand_over_check_no_delete BEFORE DELETE ON hand_over_check BEGIN SELECT RAISE(ABORT, 'hand_over_check is append-only'); END;
CREATE TRIGGER prescription_act_no_update BEFORE UPDATE ON prescription_act BEGIN SELECT RAISE(ABORT, 'prescription_act is append-only'); END;
CREATE TRIGGER prescription_act_no_delete BEFORE DELETE ON prescription_act BEGIN SELECT RAISE(ABORT, 'prescription_act is append-only'); END;
CREATE TRIGGER unmet_demand_no_update BEFORE UPDATE ON unmet_demand BEGIN SELECT RAISE(ABORT, 'unmet_demand is append-only'); END;
CREATE TRIGGER unmet_demand_no_delete BEFORE DELETE ON unmet_demand BEGIN SELECT RAISE(ABORT, 'unmet_demand is append-only'); END;
CREATE INDEX ix_stock_act_at ON stock_act (at);
CREATE INDEX ix_vial_lot_id ON vial (lot_id);
CREATE INDEX ix_vial_entry_request_id ON vial_entry (request_id);
CREATE INDEX ix_vial_entry_vial_id ON vial_entry (vial_id);
CREATE INDEX ix_draw_at ON draw (at);
CREATE INDEX ix_draw_patient_id ON draw (patient_id);
CREATE INDEX ix_draw_prescription_id ON draw (prescription_id);
CREATE INDEX ix_draw_vial_id ON draw (vial_id);
CREATE INDEX ix_place_log_place_id ON place_log (place_id);
CREATE INDEX ix_excursion_log_id ON excursion (log_id);
CREATE INDEX ix_light_exposure_lot_id ON light_exposure (lot_id);
CREATE INDEX ix_recall_contact_recall_id ON recall_contact (recall_id);
CREATE INDEX ix_lot_act_lot_id ON lot_act (lot_id);
CREATE INDEX ix_count_entry_count_id ON count_entry (count_id);
CREATE INDEX ix_batch_ingredient_batch_id ON batch_ingredient (batch_id);
CREATE INDEX ix_batch_ingredient_lot_id ON batch_ingredient (lot_id);
CREATE TRIGGER batch_no_update BEFORE UPDATE ON batch BEGIN SELECT RAISE(ABORT, 'batch is append-only'); END;
CREATE TRIGGER batch_no_delete BEFORE DELETE ON batch BEGIN SELECT RAISE(ABORT, 'batch is append-only'); END;
CREATE TRIGGER batch_ingredient_no_update BEFORE UPDATE ON batch_ingredient BEGIN SELECT RAISE(ABORT, 'batch_ingredient is append-only'); END;
CREATE TRIGGER batch_ingredient_no_delete BEFORE DELETE ON batch_ingredient BEGIN SELECT RAISE(ABORT, 'batch_ingredient is append-only'); END;
CREATE TRIGGER count_closing_no_update BEFORE UPDATE ON count_closing BEGIN SELECT RAISE(ABORT, 'count_closing is append-only'); END;
CREATE TRIGGER count_closing_no_delete BEFORE DELETE ON count_closing BEGIN SELECT RAISE(ABORT, 'count_closing is append-only'); END;
CREATE TRIGGER count_entry_no_update BEFORE UPDATE ON count_entry BEGIN SELECT RAISE(ABORT, 'count_entry is append-only'); END;
CREATE TRIGGER count_entry_no_delete BEFORE DELETE ON count_entry BEGIN SELECT RAISE(ABORT, 'count_entry is append-only'); END;
CREATE TRIGGER count_line_no_update BEFORE UPDATE ON count_line BEGIN SELECT RAISE(ABORT, 'count_line is append-only'); END;
CREATE TRIGGER count_line_no_delete BEFORE DELETE ON count_line BEGIN SELECT RAISE(ABORT, 'count_line is append-only'); END;
CREATE TRIGGER draw_no_update BEFORE UPDATE ON draw BEGIN SELECT RAISE(ABORT, 'draw is append-only'); END;
CREATE TRIGGER draw_no_delete BEFORE DELETE ON draw BEGIN SELECT RAISE(ABORT, 'draw is append-only'); END;
CREATE TRIGGER draw_finding_no_update BEFORE UPDATE ON draw_finding BEGIN SELECT RAISE(ABORT, 'draw_finding is append-only'); END;
CREATE TRIGGER draw_finding_no_delete BEFORE DELETE ON draw_finding BEGIN SELECT RAISE(ABORT, 'draw_finding is append-only'); END;
CREATE TRIGGER excursion_no_update BEFORE UPDATE ON excursion BEGIN SELECT RAISE(ABORT, 'excursion is append-only'); END;
CREATE TRIGGER excursion_no_delete BEFORE DELETE ON excursion BEGIN SELECT RAISE(ABORT, 'excursion is append-only'); END;
CREATE TRIGGER light_exposure_no_update BEFORE UPDATE ON light_exposure BEGIN SELECT RAISE(ABORT, 'light_exposure is append-only'); END;
CREATE TRIGGER light_exposure_no_delete BEFORE DELETE ON light_exposure BEGIN SELECT RAISE(ABORT, 'light_exposure is append-only'); END;
CREATE TRIGGER lot_act_no_update BEFORE UPDATE ON lot_act BEGIN SELECT RAISE(ABORT, 'lot_act is append-only'); END;
CREATE TRIGGER lot_act_no_delete BEFORE DELETE ON lot_act BEGIN SELECT RAISE(ABORT, 'lot_act is append-only'); END;
CREATE TRIGGER place_log_no_update BEFORE UPDATE ON place_log BEGIN SELECT RAISE(ABORT, 'place_log is append-only'); END;
CREATE TRIGGER place_log_no_delete BEFORE DELETE ON place_log BEGIN SELECT RAISE(ABORT, 'place_log is append-only'); END;
CREATE TRIGGER reading_no_update BEFORE UPDATE ON reading BEGIN SELECT RAISE(ABORT, 'reading is append-only'); END;
CREATE TRIGGER reading_no_delete BEFORE DELETE ON reading BEGIN SELECT RAISE(ABORT, 'reading is append-only'); END;
CREATE TRIGGER recall_no_update BEFORE UPDATE ON recall BEGIN SELECT RAISE(ABORT, 'recall is append-only'); END;
CREATE TRIGGER recall_no_delete BEFORE DELETE ON recall BEGIN SELECT RAISE(ABORT, 'recall is append-only'); END;
CREATE TRIGGER recall_contact_no_update BEFORE UPDATE ON recall_contact BEGIN SELECT RAISE(ABORT, 'recall_contact is append-only'); END;
CREATE TRIGGER recall_contact_no_delete BEFORE DELETE ON recall_contact BEGIN SELECT RAISE(ABORT, 'recall_contact is append-only'); END;
CREATE TRIGGER recall_withdrawal_no_update BEFORE UPDATE ON recall_withdrawal BEGIN SELECT RAISE(ABORT, 'recall_withdrawal is append-only'); END;
CREATE TRIGGER recall_withdrawal_no_delete BEFORE DELETE ON recall_withdrawal BEGIN SELECT RAISE(ABORT, 'recall_withdrawal is append-only'); END;
CREATE TRIGGER stock_act_no_update BEFORE UPDATE ON stock_act BEGIN SELECT RAISE(ABORT, 'stock_act is append-only'); END;
CREATE TRIGGER stock_act_no_delete BEFORE DELETE ON stock_act BEGIN SELECT RAISE(ABORT, 'stock_act is append-only'); END;
CREATE TRIGGER stock_count_no_update BEFORE UPDATE ON stock_count BEGIN SELECT RAISE(ABORT, 'stock_count is append-only'); END;
CREATE TRIGGER stock_count_no_delete BEFORE DELETE ON stock_count BEGIN SELECT RAISE(ABORT, 'stock_count is append-only'); END;
CREATE TRIGGER vial_entry_no_update BEFORE UPDATE ON vial_entry BEGIN SELECT RAISE(ABORT, 'vial_entry is append-only'); END;
CREATE TRIGGER vial_entry_no_delete BEFORE DELETE ON vial_entry BEGIN SELECT RAISE(ABORT, 'vial_entry is append-only'); END;
CREATE INDEX ix_print_job_request_id ON print_job (request_id);
CREATE UNIQUE INDEX uq_print_attempt_end ON print_attempt (job_id, attempt) WHERE state <> 'sending';
CREATE TRIGGER print_attempt_no_update BEFORE UPDATE ON print_attempt BEGIN SELECT RAISE(ABORT, 'print_attempt is append-only'); END;
CREATE TRIGGER print_attempt_no_delete BEFORE DELETE ON print_attempt BEGIN SELECT RAISE(ABORT, 'print_attempt is append-only'); END;
CREATE TRIGGER print_job_no_update BEFORE UPDATE ON print_job BEGIN SELECT RAISE(ABORT, 'print_job is append-only'); END;
CREATE TRIGGER print_job_no_delete BEFORE DELETE ON print_job BEGIN SELECT RAISE(ABORT, 'print_job is append-only'); END;
CREATE UNIQUE INDEX ix_site_name ON site (name);
CREATE INDEX ix_pin_user_id ON pin (user_id);
CREATE INDEX ix_badge_user_id ON badge (user_id);
CREATE INDEX ix_site_right_user_id ON site_right (user_id);
CREATE INDEX ix_session_user_id ON session (user_id);
CREATE TRIGGER badge_no_update BEFORE UPDATE ON badge BEGIN SELECT RAISE(ABORT, 'badge is append-only'); END;
CREATE TRIGGER badge_no_delete BEFORE DELETE ON badge BEGIN SELECT RAISE(ABORT, 'badge is append-only'); END;
CREATE TRIGGER pin_no_update BEFORE UPDATE ON pin BEGIN SELECT RAISE(ABORT, 'pin is append-only'); END;
CREATE TRIGGER pin_no_delete BEFORE DELETE ON pin BEGIN SELECT RAISE(ABORT, 'pin is append-only'); END;
CREATE TRIGGER site_right_no_update BEFORE UPDATE ON site_right BEGIN SELECT RAISE(ABORT, 'site_right is append-only'); END;
CREATE TRIGGER site_right_no_delete BEFORE DELETE ON site_right BEGIN SELECT RAISE(ABORT, 'site_right is append-only'); END;
COMMIT;
