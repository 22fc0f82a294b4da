//! The commonest groups of four bytes in what developers read and write, the commonest first.
//!
//! Counted over 30 MB of sources (Rust, Python, JavaScript, Perl, C), JSON and documentation, with the bit set in which
//! capitals and small letters differ (so that `*` is the end of a line, too), and without those with a quote or a
//! backslash. A literal is badly found by what stands high here: it is everywhere.

/// Four bytes each.
const GRAMS: [&str; 42] = [
    "    *   ,*  {*   {* tion thethe    }self;*  : {* con},* **  type)*   },*----cons  }, to nameonst",
    "pub   }*ing  sel:*     /nst }*  elf. if   //   s*pubthis for of atio  # ionsion ject is teststri",
    "   # }*    i and in and turnfor opereturretu);* bjecringfileobjeerti ret thidefiefinwith   rprop",
    ";*puub crrorvalub coropeerropert  sealuetiesptio====itio   tsion   ptrin/// argesertmentasse  re",
    "rtieport def****  ifableinitcodectio ///.*  stat witsser   de = urn *  }e*   nothis ) {* // size",
    "   c strhttptimedef ):*  use####froment contreadt = nodepath   ffunc -> formoptin th tha2 =   de",
    "rate or vers u32 letf thnot compe th(selrequith dataalse be    lu32 ersilengngthengt: u3falss = ",
    "thatdentfineuse rsio32 =)** intehat    attps proted .comthertps: ints://ps:/nitiine ect e,* sour",
    "urceourclet ormaitemmplefiniconf tes coms thdinglassiden falclaslistof tlicecall   e filame true",
    " reslarg val   mcommlineatchare inst;**  parcratnter */*'*  ionaonfigithithuthub   ' = scom/ight",
    " as nfig staresu  constating  lermattargter hub.b.conone}** trac/gitstrupars://gub.c//gidulesult",
    "packesul pubterndebuebugttericenarseif (rom  typturerget assimplxlar =>  }**copyonalcensensemodu",
    "odulangetateresse cohe sokentrucruct frolf.a  thtatispecs*  *}**all ed tscrichecequitoke   {his.",
    " impheck.** );**ons/quirratiattruire.assunctditiinde),* ort  truate in tt th/defyobjf.ase insing",
    "/processpyobstancharnctid totems traemen it writhead aretribaultbytefaullock*/* streint trea/*  ",
    " an atedibutribudefa* * efauhe c whereatanceieldies/  purust on mpor namlong: farentonte noneque",
    "r thelf)textsed entiimpopres by chanrigh expdatereameratble argslse,ile  errparaeven chaallos no",
    "workinfotablserv youe recreaelf,atte allectiate:bind can   (ffer0000ripthen oundcrip/nodarrase,*",
    "o thpendents$ref set()* ndexons   asaddiion: = {#/de #   optiter modt*  matc vereates a ct *qual",
    "(*  e toer t fn ackastarout e fo = 1ill to triteng tlf, } = ) ->signs inckagnt =*///te::fiel add",
    " argmethistrbaseotheelsekageloca   $   uequa anyinpunput   o has* }, ins = tbackheres toifieclud",
    ", th: 0,ess willcept////atesd in 0, ader # 'ventmut ,  #ype mber wil new my  crahandumenllownclu",
    "onlyinclher  ==  fun))* ode main reqe isflag objtart elsure r =   my  0xddit whi  {*he fdesce of",
    "hangcondener', ' datandlload  inaramtputoutp#defdgenn = t isutpundgeindgndlebuilaturlateing: tar",
    "whenrectt of*#deass ytes calvoid  trethos anencened ();*est escrthod'   iles 0x0buffuestqueseade",
    "ed i   b cop   ws oftentany ningerte(htthaveimitalizyou = semetauffehash  fo, int resagen*   pat",
    "parest it inrraycan  disaddrresolemeoverbutector havlimicati linder or ticatme =someed bthe* inc",
    "ould*// endecket> {*));*gene rea**##d thuintuct amplnce or aded prov debingsenco}(htinedsuppount",
    "e annextexprused mat$seles a   nntenendi///*my $ perregi /* es t sub pred*  numbumbeffffst s oth",
    "ctedentalude out   )|*  is ntivencodore synct tois a = 3me: dictessa** *lpropecifeateconhe pnalp",
    "alprunde, aneatu codatorlangcoreual(uratcasease tanc timexce httenamache pyocinge:* grouion.igur",
    "figuprocpect   *acti   .mode**/* licectedisttequ metcateame:pattpart*con sysf):*lf):0,* openlize",
    "e stthreng::opyr libpyriyrigaren = 2ies uild get keyed a/rusfailset acin we exte worointxcep0x00",
    "d byd = expehe rcounuppo a s  py0,  iredconnthouuld poin repust-neraaticblocxlenom/ralidppormess",
    " |*   /*ypesust  supraciroviapper*  warelati unilue roup speg = maxlacceallytatuon tave ssagnew ",
    ",*puialiatussockng avalipythaxlem/rug thyapipyapnd tresptifieterndenrais doc sho// tone examto a",
    "tainaiseunc(st c cladirexampsofttwarithopull}*}*prinrteqlinknlenermi }*}t coirecinlereseminl siz",
    "ssiowarnhoutepenunicvidelse iflas israme//* tes arch*pyahreaif t  st = c')* ### ers he tgistst-l",
    "rinttersnnec = 0 eveegis-laned, t-la  elage on =ftwa deses =ovid lats foreprstorror nico, cofere",
    "ult spacoftwwrapractonne9999  #{guraaws:deriize lessocaldepeentrtran clottrited.ccesnecticodhich",
    "whics ared.*paceviceang/on oatine {*rce xpeclterespondersponlityonsee)* erve excub she lnull/pul",
    "ordeull/tial#  0 $seerenong e de bute ususeris i som;*}*evelrue,",
];

/// All of them, and how often each stands in a mebibyte: about `130 / (150 + place)` in a kibibyte, as counted.
pub(super) fn common() -> impl Iterator<Item = ([u8; 4], u32)> {
    let all = GRAMS.iter().flat_map(|line| line.as_bytes().as_chunks().0).copied();
    all.zip(150..).map(|(bytes, place)| (bytes, (130 << 10) / place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_is_there_once_and_folded() {
        let all: Vec<[u8; 4]> = common().map(|(bytes, _)| bytes).collect();
        let once: std::collections::HashSet<&[u8; 4]> = all.iter().collect();
        assert_eq!((all.len(), once.len()), (1000, 1000));
        assert!(all.iter().flatten().all(|byte| byte & 0x20 != 0));
    }
}
