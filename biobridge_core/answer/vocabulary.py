"""Words that tell names from the language of questions."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words that hold sentences together.
FUNCTION_WORDS = _words(
    "a an the this that these those my your his her its our their it he she they them we you i me us him and or but nor "
    "of in on at by for from to with without within into onto over under between among through during about against as "
    "per via than then so if while because since is are was were be been being am do does did done doing has have had "
    "having can could may might must shall should will would not no yes there here what which who whom whose where when "
    "why how all any both each every either neither some many much more most other others another such same very too "
    "also just only even still again please thanks thank hi hello ok okay dear s t d ll re ve let lets up out off down "
    "one two three four five six seven eight nine ten none nothing something anything everything someone somebody anyone "
    "anybody everyone together along like new known now today usually often sometimes"
)
#: Words for kinds of things and for what links them: a question is made of them.
CUE_WORDS = _words(
    "drug drugs medicine medicines medication medications medicament medicaments compound compounds molecule molecules "
    "agent agents pill pills tablet tablets remedy remedies substance substances chemical chemicals pharmaceutical "
    "pharmaceuticals therapy therapies treatment treatments therapeutic therapeutics cure cures ligand ligands gene "
    "genes protein proteins enzyme enzymes receptor receptors channel channels kinase kinases transporter transporters "
    "target targets targeted targeting mutation mutations variant variants mutant mutants locus loci disease diseases "
    "disorder disorders illness illnesses condition conditions syndrome syndromes pathology pathologies ailment ailments "
    "malady maladies sickness indication indications phenotype phenotypes phenotypic symptom symptoms sign signs feature "
    "features finding findings manifestation manifestations abnormality abnormalities presentation trait traits process "
    "processes pathway pathways mechanism mechanisms function functions activity activities role roles job jobs task "
    "location locations localisation localization localised localized compartment compartments component components "
    "organelle organelles cell cells cellular subcellular place places structure structures class classes category "
    "categories group groups family families kind kinds type types sort sorts form forms subtype subtypes subclass "
    "subclasses parent parents child children broader narrower general specific term terms inhibit inhibits inhibited "
    "inhibiting inhibition inhibitor inhibitors agonist agonists agonism activate activates activated activating "
    "activator activators activation antagonist antagonists antagonise antagonises antagonised antagonize antagonizes "
    "antagonized antagonism modulate modulates modulated modulating modulator modulators allosteric block blocks blocked "
    "blocking blocker blockers bind binds bound binding binder binders act acts acting action actions associated "
    "association associations link links linked linking connect connects connected connection related relation cause "
    "causes caused causing causal participate participates participating participation participant participants "
    "participated involve involves involved involvement part take takes taking play plays playing enable enables enabled "
    "enabling show shows showing shown see seen display displays exhibit exhibits locate located sit sits reside resides "
    "found find finds belong belongs belonging member members use uses used using usage treat treats treated treating "
    "share shares shared sharing common commonly overlap overlaps number count list lists name names show tell give "
    "human molecular biological clinical medical atc drugs? mutated faulty broken wrong problem problems body report "
    "sequence sequences attached attachment file smiles question questions example examples patient patients people "
    "person somebody work works working affect affects affected influence influences"
)
#: Words that a misspelt name does not reach over, and that are no name by themselves.
NEVER_ALONE = CUE_WORDS - _words(
    "binding activity acting therapy agent agents type form forms general specific common group family disease disorder "
    "syndrome condition locus part process pathway function cell cellular structure component channel receptor kinase "
    "transporter enzyme protein gene related associated mechanism action location localization localised class mutant "
    "variant of molecular finding abnormality children child sequence activation inhibition involved "
    "person report body names presentation trait bound work task place found link connection action term and other "
    "agents using compound drugs substance treatment chemical agonist antagonist inhibitor activator modulator blocker "
    "inhibitors antagonists agonists blockers compounds"
) | _words(
    "what which who whom whose where when why how is are was were do does did has have had can could may might should "
    "would will please me my your you i we it its they them this these those tell list show give name count find"
)
#: Words that say what kind of thing a name is, without naming it.
SAYS_KIND = _words(
    "gene genes protein proteins enzyme receptor channel drug medicine compound molecule disease disorder syndrome illness "
    "condition phenotype symptom sign process pathway function activity component location class the a an human dna rna "
    "mrna atc go ids id smiles fasta hi ok usa uk pdf ai hpo mondo uniprot chebi omim faq"
)
#: Words of the language that are names of what people ask about, also in small letters.
ALWAYS_NAMES = _words(
    "insulin tumor tumour depression coma obesity arthritis infection trauma diabetes rash weakness sweating coughing "
    "tingling seizures seizure adrenaline heroin glucose charcoal ozone amnesia dementia hepatitis leukemia leukaemia "
    "stroke asthma autism schizophrenia pneumonia alcoholism aggression inflammation signalling behaviour metabolism "
    "aids iron zinc copper calcium potassium sodium magnesium lithium oxygen nitrogen silver mercury cocaine helium "
    "ethanol testosterone mania pain cough fever nausea dopamine serotonin hearing blindness tic tics hiv hepatitis "
    "migraine melanoma cancer cancers epilepsy flu influenza gout acne eczema psoriasis lupus anaemia anemia"
)
#: Main names that are rather meant as words; taken where nothing else is named.
HARDLY_NAMES = _words(
    "rome sits badge chips april light trail various skeleton falls development formation memory transport learning "
    "translation crown spine storage rhythm synthesis growth reproduction sleep reflex confusion shock anger behavior "
    "taste vision regulation breathing eating envelope cargo carrier shivering agitation poisoning injury star "
    "same phi doi dim tearing hostile collecting boil mole sad tired ribbon trunk neck disc"
)
#: Words before a name that do not make it another one.
QUALIFIERS = _words(
    "severe mild moderate chronic acute early late onset adult childhood juvenile infantile congenital hereditary inherited "
    "familial genetic sporadic rare common human classic classical typical atypical progressive primary secondary isolated "
    "advanced metastatic recurrent refractory resistant untreated general generalised generalized given certain particular "
    "following named called so-called terms term cellular normal complete partial whole entire active full overall "
    "somebody's someone's person's people's suspected possible confirmed suffering underlying causing developing getting having "
    "showing driving explaining treating fighting treat against easing curing preventing causing regulating controlling "
    "mediating performing carrying executing doing supporting enabling promoting producing during within inside around near "
    "via through exactly actually really precisely specifically especially mainly typically usually namely e.g. eg i.e. like "
    "termed labelled labeled titled described known medical clinical biological molecular diagnosed diagnosis hello hi hey "
    "please dear quick question asking about regarding concerning wondering curious interested know understand explain define "
    "describe summarise summarize tell info information details overview facts background"
)
