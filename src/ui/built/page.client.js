{let x=function(e){const i=document.getElementById("announce");i!==null&&(i.textContent=e)},b=function(e){const i=e instanceof
Element?e.closest("#words > [data-p]"):null;return i instanceof HTMLElement?i:null},k=function(e){if(e instanceof HTMLElement){
for(const i of document.querySelectorAll("#words > [tabindex]"))i.removeAttribute("tabindex");e.tabIndex=0,e.focus()}},S=function(){
const e=b(document.getElementById(location.hash.slice(1)));e!==null&&e!==document.activeElement&&k(e)},A=function(e,i){const l=new URL(
location.href);l.searchParams.delete(e);for(const r of i)l.searchParams.append(e,r);history.replaceState(null,"",l)},v=function(e){
const i=document.getElementById("words");if(i===null)return;const l=[];let r="";for(const a of i.children){const m=b(a);
m?.classList.remove("hit");const y=m===null?a.localName==="i"?"￼":"":T(m.firstChild?.textContent??"");for(r+=y+(m!==null&&
i.classList.contains("loose")?"￼":"");l.length<r.length;)l.push(m)}const E=T(e);g=[];for(let a=E===""?-1:r.indexOf(E);a!==
-1;a=r.indexOf(E,a+E.length)){const m=l.slice(a,a+E.length);for(const y of m)y?.classList.add("hit");m[0]&&g.push(m[0])}
const h=document.getElementById("found"),{none:D="",some:n=""}=h?.dataset??{},s=E===""?"":g.length===0?D:n.replace("{n}",
String(g.length));h!==null&&(h.textContent=s),x(s),document.getElementById("next-found")?.toggleAttribute("hidden",g.length===
0),A("find",e===""?[]:[e])},M=function(){const e=document.querySelector("#words > [tabindex]"),i=r=>e!==null&&(e.compareDocumentPosition(
r)&Node.DOCUMENT_POSITION_FOLLOWING)!==0,l=e===g[0]&&document.activeElement!==e;k((l?g[0]:g.find(i)??g[0])??null)};var _=x,
K=b,P=k,F=S,R=A,W=v,U=M;const B=()=>[...document.querySelectorAll("#words > [data-p]")].map(e=>e),I=new Map([["ArrowRigh\
t","nextElementSibling"],["ArrowDown","nextElementSibling"],["ArrowLeft","previousElementSibling"],["ArrowUp","previousE\
lementSibling"]]);document.addEventListener("keydown",e=>{const i=b(e.target);if(i===null)return;let l=i;const r=I.get(e.
key);if(r!==void 0)do l=l[r];while(l!==null&&(b(l)===null||l.classList.contains("dim")));else if(e.key==="Home"||e.key===
"End")l=B().at(e.key==="Home"?0:-1)??null;else return;e.preventDefault(),k(l)}),document.addEventListener("click",({target:e})=>k(
b(e))),document.addEventListener("focusin",({target:e})=>{const i=b(e);i!==null&&(x(i.dataset.d??""),location.hash!==`#${i.
id}`&&history.replaceState(null,"",`#${i.id}`))}),window.addEventListener("hashchange",S),document.addEventListener("cli\
ck",e=>{const i=e.target instanceof Element?e.target.closest("#legend [data-part]"):null;if(!(i instanceof HTMLAnchorElement)||
document.getElementById("words")===null||e.ctrlKey||e.metaKey||e.shiftKey)return;e.preventDefault();const l=[...document.
querySelectorAll("#legend .key")].map(h=>h);if(i.dataset.part==="")for(const h of l)h.removeAttribute("aria-current");else
i.hasAttribute("aria-current")?i.removeAttribute("aria-current"):i.setAttribute("aria-current","true");const r=l.filter(
h=>h.hasAttribute("aria-current")).map(h=>h.dataset.part??""),E=new Set(r);for(const h of B())h.classList.toggle("dim",E.
size>0&&!E.has(h.dataset.p??""));document.querySelector("#legend .all")?.toggleAttribute("hidden",r.length===0),A("pos",
r)});let g=[];const T=e=>e.toLowerCase().length===e.length?e.toLowerCase():e;document.addEventListener("submit",e=>{const i=document.
getElementById("find-word");!(e.target instanceof Element)||e.target.id!=="finder"||!(i instanceof HTMLInputElement)||(e.
preventDefault(),e.stopImmediatePropagation(),v(i.value))}),document.addEventListener("click",e=>{if(!(e.target instanceof
Element)||e.ctrlKey||e.metaKey||e.shiftKey)return;const i=e.target.closest("[data-find], #next-found");if(!(i instanceof
HTMLElement)||document.getElementById("words")===null)return;e.preventDefault();const{find:l}=i.dataset,r=document.getElementById(
"find-word");if(l!==void 0){r instanceof HTMLInputElement&&(r.value=l),v(l),k(g[0]??null);return}g.length===0&&r instanceof
HTMLInputElement&&v(r.value),M()});const p=document.getElementById("legend"),N=CSS.supports("selector(::details-content)")||
!matchMedia("(min-width: 46rem)").matches;p instanceof HTMLDetailsElement&&!N&&(p.open=!0),location.hash!==""&&S()}{let B=function(n){
const s=document.getElementById("announce");s!==null&&(s.textContent=n)},g=function(n,s=" · "){const a=-new Date(n).getTimezoneOffset();
if(a===0)return`${A(n)} UTC`;const m=A(n+a*6e4),y=A(n),H=Math.abs(a),O=`${a<0?"−":"+"}${S(Math.floor(H/60))}:${S(H%60)}`;
return`${m} ${O}${s}${y.slice(0,10)===m.slice(0,10)?y.slice(11):y} UTC`},T=function(n){const s=Math.round((n-Date.now())/
1e3),[a,m]=b.find(([,y])=>Math.abs(s)>=y)??["second",1];return I.format(Math.trunc(s/m),a)},M=function(){for(const n of document.
querySelectorAll("time")){const s=Date.parse(n.dateTime),a="relative"in n.dataset,m=a&&!v?T(s):g(s,n.closest(".timeline")?
`
`:" · ");n.textContent!==m&&(n.textContent=m),a&&(n.title=v?T(s):g(s))}},N=function(){p!==null&&(p.hidden=document.querySelector(
"time[data-relative]")===null,p.setAttribute("aria-pressed",String(v)))},r=function(n){const s=[...document.querySelectorAll(
"[data-live=list] > [data-key]")],a=s.findIndex(H=>H.contains(document.activeElement)),y=s[a===-1?0:Math.min(s.length-1,
Math.max(0,a+n))]?.querySelector("a");y instanceof HTMLElement&&y.focus()},E=function(){M(),N();for(const n of document.
querySelectorAll("[data-copy]"))n.removeAttribute("hidden")},h=function(){const n=document.querySelector("#sections [ari\
a-current]");n instanceof HTMLElement&&n.parentElement!==null&&(n.parentElement.scrollLeft=n.offsetLeft+n.offsetWidth+32-
document.documentElement.clientWidth)};var _=B,z=g,j=T,V=M,G=N,Y=r,J=E,Q=h;const x=document.documentElement.lang,b=[["ye\
ar",31536e3],["month",2592e3],["day",86400],["hour",3600],["minute",60],["second",1]],k=x.startsWith("zh")?"short":"long",
I=new Intl.RelativeTimeFormat(x,{numeric:"auto",style:k}),S=n=>String(n).padStart(2,"0"),A=n=>new Date(n).toISOString().
slice(0,19).replace("T"," ");let v=localStorage.getItem("times")==="exact";const p=document.getElementById("times");p?.addEventListener(
"click",()=>{v=!v,localStorage.setItem("times",v?"exact":"relative"),E()}),document.addEventListener("click",({target:n})=>{
const s=n instanceof Element?n.closest("[data-copy]"):null;s instanceof HTMLButtonElement&&e(s)});async function e(n){const{
copy:s="",done:a="",failed:m=""}=n.dataset;n.dataset.label??=n.textContent;let y=a;try{await navigator.clipboard.writeText(
await i(s))}catch{y=m}n.textContent=y,B(y),setTimeout(()=>n.textContent=n.dataset.label??"",2500)}async function i(n){if(!n.
startsWith("/"))return document.getElementById(n)?.textContent??"";const s=await fetch(n);if(!s.ok)throw new Error(String(
s.status));return s.text()}const l=n=>n instanceof HTMLElement&&n.matches("input, textarea, select");document.addEventListener(
"keydown",n=>{if(!(n.ctrlKey||n.metaKey||n.altKey||l(n.target))){if(n.key==="/")document.getElementById("find")?.focus();else if(n.
key==="j"||n.key==="k")r(n.key==="j"?1:-1);else return;n.preventDefault()}}),document.addEventListener("submit",({target:n})=>{
if(!(!(n instanceof HTMLFormElement)||n.method!=="get"))for(const s of n.elements)s instanceof HTMLInputElement&&(s.disabled=
s.value==="")}),window.addEventListener("pageshow",()=>{for(const n of document.querySelectorAll("input:disabled"))n.removeAttribute(
"disabled")}),E(),h(),document.addEventListener("updated",E),setInterval(M,2e4)}{let x=function(t){const o=document.getElementById(
"announce");o!==null&&(o.textContent=t)},T=function(){clearTimeout(A),e();const t=g();if(t===0||document.hidden||I)return;
const o=Math.max(t,Math.min(B,t*1.2**Math.max(0,b-20)));A=setTimeout(()=>{v()},o*1e3)},M=function(){if(g()===0||document.
hidden||I)return T();b=0,v()},e=function(){if(p===null)return;p.hidden=g()===0;const{on:t="",paused:o="",offline:u=""}=p.
dataset,d=Math.round((Date.now()-k)/1e3),c=I?o:S?u:`${t} · ${N.format(-d,"second")}`;p.textContent!==c&&(p.textContent=
c),p.dataset.tone=I?"still":S?"bad":"good",p.setAttribute("aria-pressed",String(I))},i=function(t){S!==t&&(S=t,e(),x((t?
p?.dataset.offline:p?.dataset.on)??""))},l=function(t){const o=document.activeElement,{says:u}=t.body.dataset;u!==void 0&&
u!==document.body.dataset.says&&x(u);for(const d of["etag","every","says"]){const c=t.body.dataset[d];c===void 0?delete document.
body.dataset[d]:document.body.dataset[d]=c}document.title=t.title;for(const d of["sections","main"]){const[c,f]=[document.
getElementById(d),t.getElementById(d)];c!==null&&f!==null&&E(c,f)}o instanceof HTMLElement&&o!==document.activeElement&&
o.isConnected&&o.focus({preventScroll:!0}),document.dispatchEvent(new Event("updated"))},E=function(t,o){if(!t.isEqualNode(
o)){if(!(t instanceof Element)||!(o instanceof Element)){t.nodeValue=o.nodeValue;return}t.matches("[data-copy], [data-sc\
ript]")||t instanceof HTMLTimeElement&&t.dateTime===o.getAttribute("datetime")||(h(t,o),t instanceof HTMLElement&&t.dataset.
live==="list"?m(t,o):D(t,o))}},h=function(t,o){const u=d=>t.localName==="details"&&d==="open";for(const{name:d,value:c}of o.
attributes)!u(d)&&t.getAttribute(d)!==c&&t.setAttribute(d,c);for(const{name:d}of Array.from(t.attributes))!u(d)&&!o.hasAttribute(
d)&&t.removeAttribute(d)},D=function(t,o){const u=new Set([...o.children].map(r)),d=new Map;for(const f of Array.from(t.
children)){const w=r(f);w!==null&&(u.has(w)?d.set(w,f):f.contains(document.activeElement)||f.remove())}let c=t.firstChild;
for(const f of o.childNodes){const w=r(f),C=w===null?n(c,f):d.get(w)??null;C===null||C.nodeName!==f.nodeName?t.insertBefore(
document.importNode(f,!0),c):(C===c?c=c.nextSibling:t.insertBefore(C,c),E(C,f))}for(;c!==null;){const f=c;c=c.nextSibling,
f.contains(document.activeElement)||f.remove()}},n=function(t,o){for(let u=t;u!==null;u=u.nextSibling)if(u.nodeName===o.
nodeName&&r(u)===null)return u;return null},m=function(t,o){const u=new Map(a(o).map(L=>[L.dataset.key,L])),d=o.getAttribute(
"data-more")===null,c=Math.min(...[...u.values()].map(L=>Number(L.dataset.place)));for(const L of a(t)){const q=u.get(L.
dataset.key);q!==void 0?E(L,q):(d||Number(L.dataset.place)>c)&&!L.contains(document.activeElement)&&L.remove()}const f=window.
scrollY>0||t.contains(document.activeElement)||t.matches(":hover");s=o;const{count:w,text:C}=y(t,o);w>0&&f&&a(t).length>
0?H(C):(w>0||!f)&&O()},y=function(t,o){const u=new Set(a(t).map(L=>L.dataset.key)),d=a(o),c=d.filter(L=>!u.has(L.dataset.
key)).length,f=u.size>0&&c===d.length&&o.getAttribute("data-more")!==null,{one:w="",many:C=""}=document.getElementById("\
news")?.dataset??{};return{count:c,isCut:f,text:c===1?w:C.replace("{n}",`${c}${f?"+":""}`)}},H=function(t){const o=document.
getElementById("news");o!==null&&(o.hidden=!1,o.textContent!==t&&x(t),o.textContent=t)},O=function(){const t=document.querySelector(
"[data-live=list]"),o=document.getElementById("news");if(t===null||s===null)return;const u=new Set(a(t).map(w=>w.dataset.
key)),{count:d,isCut:c,text:f}=y(t,s);D(t,s);for(const w of a(t))w.classList.toggle("fresh",!u.has(w.dataset.key));c&&t.
append($(t)),o!==null&&(o.hidden=!0),d>0&&x(f),document.dispatchEvent(new Event("updated"))},$=function(t){const o=document.
createElement("li");return o.className="gap",o.textContent=t.getAttribute("data-gap"),o};var _=x,X=T,Z=M,tt=e,et=i,nt=l,
ot=E,it=h,st=D,at=n,ct=m,lt=y,rt=H,dt=O,ut=$;const B=30;let b=0,k=Date.now(),I=!1,S=!1,A;const g=()=>Number(document.body.
dataset.every??0);async function v(){clearTimeout(A),b+=1;try{const t={"if-none-match":document.body.dataset.etag??""},o=await fetch(
location.href,{headers:t,cache:"no-store"});if(o.status===401)return location.reload();i(![200,304,404].includes(o.status)),
S||(k=Date.now()),!S&&o.status!==304&&(b=0,l(new DOMParser().parseFromString(await o.text(),"text/html")))}catch{i(!0)}T()}
document.addEventListener("visibilitychange",M),window.addEventListener("online",M),window.addEventListener("offline",()=>i(
!0));const p=document.getElementById("live"),N=new Intl.RelativeTimeFormat(document.documentElement.lang,{style:"narrow",
numeric:"auto"});p?.addEventListener("click",()=>{I=!I,M()}),setInterval(e,1e3);const r=t=>t instanceof Element&&(t.getAttribute(
"data-key")||t.id)||null;let s=null;const a=t=>[...t.children].flatMap(o=>o instanceof HTMLElement&&o.dataset.key?[o]:[]);
document.getElementById("news")?.addEventListener("click",()=>{O(),window.scrollTo({top:0})}),T()}
