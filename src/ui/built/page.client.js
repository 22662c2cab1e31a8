{let I=function(n){const i=document.getElementById("announce");i!==null&&(i.textContent=n)},w=function(n){const i=n instanceof
Element?n.closest("#words > [data-p]"):null;return i instanceof HTMLElement?i:null},A=function(n){if(n instanceof HTMLElement){
for(const i of document.querySelectorAll("#words > [tabindex]"))i.removeAttribute("tabindex");n.tabIndex=0,n.focus()}},b=function(){
const n=w(document.getElementById(location.hash.slice(1)));n!==null&&n!==document.activeElement&&A(n)},T=function(n,i){const c=new URL(
location.href);c.searchParams.delete(n);for(const l of i)c.searchParams.append(n,l);history.replaceState(null,"",c)},M=function(n){
const i=document.getElementById("words");if(i===null)return;const c=[];let l="";for(const r of i.children){const E=w(r);
E?.classList.remove("hit");const H=E===null?r.localName==="i"?"￼":"":v(E.firstChild?.textContent??"");for(l+=H+(E!==null&&
i.classList.contains("loose")?"￼":"");c.length<l.length;)c.push(E)}const S=v(n);m=[];for(let r=S===""?-1:l.indexOf(S);r!==
-1;r=l.indexOf(S,r+S.length)){const E=c.slice(r,r+S.length);for(const H of E)H?.classList.add("hit");E[0]&&m.push(E[0])}
const t=document.getElementById("found"),{none:s="",some:y=""}=t?.dataset??{},h=S===""?"":m.length===0?s:y.replace("{n}",
String(m.length));t!==null&&(t.textContent=h),I(h),document.getElementById("next-found")?.toggleAttribute("hidden",m.length===
0),T("find",n===""?[]:[n])},k=function(){const n=document.querySelector("#words > [tabindex]"),i=l=>n!==null&&(n.compareDocumentPosition(
l)&Node.DOCUMENT_POSITION_FOLLOWING)!==0,c=n===m[0]&&document.activeElement!==n;A((c?m[0]:m.find(i)??m[0])??null)};var _=I,
K=w,P=A,F=b,R=T,U=M,z=k;const B=()=>[...document.querySelectorAll("#words > [data-p]")].map(n=>n),x=new Map([["ArrowRigh\
t","nextElementSibling"],["ArrowDown","nextElementSibling"],["ArrowLeft","previousElementSibling"],["ArrowUp","previousE\
lementSibling"]]);document.addEventListener("keydown",n=>{const i=w(n.target);if(i===null)return;let c=i;const l=x.get(n.
key);if(l!==void 0)do c=c[l];while(c!==null&&(w(c)===null||c.classList.contains("dim")));else if(n.key==="Home"||n.key===
"End")c=B().at(n.key==="Home"?0:-1)??null;else return;n.preventDefault(),A(c)}),document.addEventListener("click",({target:n})=>A(
w(n))),document.addEventListener("focusin",({target:n})=>{const i=w(n);i!==null&&(I(i.dataset.d??""),location.hash!==`#${i.
id}`&&history.replaceState(null,"",`#${i.id}`))}),window.addEventListener("hashchange",b),document.addEventListener("cli\
ck",n=>{const i=n.target instanceof Element?n.target.closest("#legend [data-part]"):null;if(!(i instanceof HTMLAnchorElement)||
document.getElementById("words")===null||n.ctrlKey||n.metaKey||n.shiftKey)return;n.preventDefault();const c=[...document.
querySelectorAll("#legend .key")].map(t=>t);if(i.dataset.part==="")for(const t of c)t.removeAttribute("aria-current");else
i.hasAttribute("aria-current")?i.removeAttribute("aria-current"):i.setAttribute("aria-current","true");const l=c.filter(
t=>t.hasAttribute("aria-current")).map(t=>t.dataset.part??""),S=new Set(l);for(const t of B())t.classList.toggle("dim",S.
size>0&&!S.has(t.dataset.p??""));document.querySelector("#legend .all")?.toggleAttribute("hidden",l.length===0),T("pos",
l)});let m=[];const v=n=>n.toLowerCase().length===n.length?n.toLowerCase():n;document.addEventListener("submit",n=>{const i=document.
getElementById("find-word");!(n.target instanceof Element)||n.target.id!=="finder"||!(i instanceof HTMLInputElement)||(n.
preventDefault(),n.stopImmediatePropagation(),M(i.value))}),document.addEventListener("click",n=>{if(!(n.target instanceof
Element)||n.ctrlKey||n.metaKey||n.shiftKey)return;const i=n.target.closest("[data-find], #next-found");if(!(i instanceof
HTMLElement)||document.getElementById("words")===null)return;n.preventDefault();const{find:c}=i.dataset,l=document.getElementById(
"find-word");if(c!==void 0){l instanceof HTMLInputElement&&(l.value=c),M(c),A(m[0]??null);return}m.length===0&&l instanceof
HTMLInputElement&&M(l.value),k()});const g=document.getElementById("legend"),N=CSS.supports("selector(::details-content)")||
!matchMedia("(min-width: 46rem)").matches;g instanceof HTMLDetailsElement&&!N&&(g.open=!0),location.hash!==""&&b()}{let B=function(t){
const s=document.getElementById("announce");s!==null&&(s.textContent=t)},T=function(t){const s=-new Date(t).getTimezoneOffset();
if(s===0)return`${b(t)} UTC`;const y=b(t+s*6e4),h=b(t),r=Math.abs(s),E=`${s<0?"−":"+"}${x(Math.floor(r/60))}:${x(r%60)}`;
return`${y} ${E} · ${h.slice(0,10)===y.slice(0,10)?h.slice(11):h} UTC`},m=function(t){const s=Math.round((t-Date.now())/
1e3),[y,h]=w.find(([,r])=>Math.abs(s)>=r)??["second",1];return A.format(Math.trunc(s/h),y)},M=function(){for(const t of document.
querySelectorAll("time")){const s=Date.parse(t.dateTime),y="relative"in t.dataset,h=y&&!v?m(s):T(s);t.textContent!==h&&(t.
textContent=h),y&&(t.title=v?m(s):T(s))}},g=function(){k!==null&&(k.hidden=document.querySelector("time[data-relative]")===
null,k.setAttribute("aria-pressed",String(v)))},c=function(t){const s=[...document.querySelectorAll("[data-live=list] > \
[data-key]")],y=s.findIndex(E=>E.contains(document.activeElement)),r=s[y===-1?0:Math.min(s.length-1,Math.max(0,y+t))]?.querySelector(
"a");r instanceof HTMLElement&&r.focus()},l=function(){M(),g();for(const t of document.querySelectorAll("[data-copy]"))t.
removeAttribute("hidden")};var _=B,W=T,j=m,V=M,G=g,Y=c,J=l;const I=document.documentElement.lang,w=[["year",31536e3],["m\
onth",2592e3],["day",86400],["hour",3600],["minute",60],["second",1]],A=new Intl.RelativeTimeFormat(I,{numeric:"auto"}),
x=t=>String(t).padStart(2,"0"),b=t=>new Date(t).toISOString().slice(0,19).replace("T"," ");let v=localStorage.getItem("t\
imes")==="exact";const k=document.getElementById("times");k?.addEventListener("click",()=>{v=!v,localStorage.setItem("ti\
mes",v?"exact":"relative"),l()}),document.addEventListener("click",({target:t})=>{const s=t instanceof Element?t.closest(
"[data-copy]"):null;s instanceof HTMLButtonElement&&N(s)});async function N(t){const{copy:s="",done:y="",failed:h=""}=t.
dataset;t.dataset.label??=t.textContent;let r=y;try{await navigator.clipboard.writeText(await n(s))}catch{r=h}t.textContent=
r,B(r),setTimeout(()=>t.textContent=t.dataset.label??"",2500)}async function n(t){if(!t.startsWith("/"))return document.
getElementById(t)?.textContent??"";const s=await fetch(t);if(!s.ok)throw new Error(String(s.status));return s.text()}const i=t=>t instanceof
HTMLElement&&t.matches("input, textarea, select");document.addEventListener("keydown",t=>{if(!(t.ctrlKey||t.metaKey||t.altKey||
i(t.target))){if(t.key==="/")document.getElementById("find")?.focus();else if(t.key==="j"||t.key==="k")c(t.key==="j"?1:-1);else
return;t.preventDefault()}}),document.addEventListener("submit",({target:t})=>{if(!(!(t instanceof HTMLFormElement)||t.method!==
"get"))for(const s of t.elements)s instanceof HTMLInputElement&&(s.disabled=s.value==="")}),window.addEventListener("pag\
eshow",()=>{for(const t of document.querySelectorAll("input:disabled"))t.removeAttribute("disabled")}),l(),document.addEventListener(
"updated",l),setInterval(M,2e4)}{let I=function(e){const o=document.getElementById("announce");o!==null&&(o.textContent=
e)},v=function(){clearTimeout(T),n();const e=m();if(e===0||document.hidden||x)return;const o=Math.max(e,Math.min(B,e*1.2**
Math.max(0,w-20)));T=setTimeout(()=>{M()},o*1e3)},k=function(){if(m()===0||document.hidden||x)return v();w=0,M()},n=function(){
if(g===null)return;g.hidden=m()===0;const{on:e="",paused:o="",offline:u=""}=g.dataset,d=Math.round((Date.now()-A)/1e3),a=x?
o:b?u:`${e} · ${N.format(-d,"second")}`;g.textContent!==a&&(g.textContent=a),g.dataset.tone=x?"still":b?"bad":"good",g.
setAttribute("aria-pressed",String(x))},i=function(e){b!==e&&(b=e,n(),I((e?g?.dataset.offline:g?.dataset.on)??""))},c=function(e){
const o=document.activeElement,{says:u}=e.body.dataset;u!==void 0&&u!==document.body.dataset.says&&I(u);for(const d of["\
etag","every","says"]){const a=e.body.dataset[d];a===void 0?delete document.body.dataset[d]:document.body.dataset[d]=a}document.
title=e.title;for(const d of["sections","main"]){const[a,f]=[document.getElementById(d),e.getElementById(d)];a!==null&&f!==
null&&S(a,f)}o instanceof HTMLElement&&o!==document.activeElement&&o.isConnected&&o.focus({preventScroll:!0}),document.dispatchEvent(
new Event("updated"))},S=function(e,o){if(!e.isEqualNode(o)){if(!(e instanceof Element)||!(o instanceof Element)){e.nodeValue=
o.nodeValue;return}e.matches("[data-copy], [data-script]")||e instanceof HTMLTimeElement&&e.dateTime===o.getAttribute("d\
atetime")||(t(e,o),e instanceof HTMLElement&&e.dataset.live==="list"?E(e,o):s(e,o))}},t=function(e,o){const u=d=>e.localName===
"details"&&d==="open";for(const{name:d,value:a}of o.attributes)!u(d)&&e.getAttribute(d)!==a&&e.setAttribute(d,a);for(const{
name:d}of Array.from(e.attributes))!u(d)&&!o.hasAttribute(d)&&e.removeAttribute(d)},s=function(e,o){const u=new Set([...o.
children].map(l)),d=new Map;for(const f of Array.from(e.children)){const p=l(f);p!==null&&(u.has(p)?d.set(p,f):f.contains(
document.activeElement)||f.remove())}let a=e.firstChild;for(const f of o.childNodes){const p=l(f),C=p===null?y(a,f):d.get(
p)??null;C===null||C.nodeName!==f.nodeName?e.insertBefore(document.importNode(f,!0),a):(C===a?a=a.nextSibling:e.insertBefore(
C,a),S(C,f))}for(;a!==null;){const f=a;a=a.nextSibling,f.contains(document.activeElement)||f.remove()}},y=function(e,o){
for(let u=e;u!==null;u=u.nextSibling)if(u.nodeName===o.nodeName&&l(u)===null)return u;return null},E=function(e,o){const u=new Map(
r(o).map(L=>[L.dataset.key,L])),d=o.getAttribute("data-more")===null,a=Math.min(...[...u.values()].map(L=>Number(L.dataset.
place)));for(const L of r(e)){const q=u.get(L.dataset.key);q!==void 0?S(L,q):(d||Number(L.dataset.place)>a)&&!L.contains(
document.activeElement)&&L.remove()}const f=window.scrollY>0||e.contains(document.activeElement)||e.matches(":hover");h=
o;const{count:p,text:C}=H(e,o);p>0&&f&&r(e).length>0?O(C):(p>0||!f)&&D()},H=function(e,o){const u=new Set(r(e).map(L=>L.
dataset.key)),d=r(o),a=d.filter(L=>!u.has(L.dataset.key)).length,f=u.size>0&&a===d.length&&o.getAttribute("data-more")!==
null,{one:p="",many:C=""}=document.getElementById("news")?.dataset??{};return{count:a,isCut:f,text:a===1?p:C.replace("{n\
}",`${a}${f?"+":""}`)}},O=function(e){const o=document.getElementById("news");o!==null&&(o.hidden=!1,o.textContent!==e&&
I(e),o.textContent=e)},D=function(){const e=document.querySelector("[data-live=list]"),o=document.getElementById("news");
if(e===null||h===null)return;const u=new Set(r(e).map(p=>p.dataset.key)),{count:d,isCut:a,text:f}=H(e,h);s(e,h);for(const p of r(
e))p.classList.toggle("fresh",!u.has(p.dataset.key));a&&e.append($(e)),o!==null&&(o.hidden=!0),d>0&&I(f),document.dispatchEvent(
new Event("updated"))},$=function(e){const o=document.createElement("li");return o.className="gap",o.textContent=e.getAttribute(
"data-gap"),o};var _=I,Q=v,X=k,Z=n,tt=i,et=c,nt=S,ot=t,it=s,st=y,at=E,ct=H,lt=O,rt=D,dt=$;const B=30;let w=0,A=Date.now(),
x=!1,b=!1,T;const m=()=>Number(document.body.dataset.every??0);async function M(){clearTimeout(T),w+=1;try{const e={"if-\
none-match":document.body.dataset.etag??""},o=await fetch(location.href,{headers:e,cache:"no-store"});if(o.status===401)
return location.reload();i(![200,304,404].includes(o.status)),b||(A=Date.now()),!b&&o.status!==304&&(w=0,c(new DOMParser().
parseFromString(await o.text(),"text/html")))}catch{i(!0)}v()}document.addEventListener("visibilitychange",k),window.addEventListener(
"online",k),window.addEventListener("offline",()=>i(!0));const g=document.getElementById("live"),N=new Intl.RelativeTimeFormat(
document.documentElement.lang,{style:"narrow"});g?.addEventListener("click",()=>{x=!x,k()}),setInterval(n,1e3);const l=e=>e instanceof
Element&&(e.getAttribute("data-key")||e.id)||null;let h=null;const r=e=>[...e.children].flatMap(o=>o instanceof HTMLElement&&
o.dataset.key?[o]:[]);document.getElementById("news")?.addEventListener("click",()=>{D(),window.scrollTo({top:0})}),v()}
