{let S=function(e){const s=document.getElementById("announce");s!==null&&(s.textContent=e)},b=function(e){const s=e instanceof
Element?e.closest("#words > [data-p]"):null;return s instanceof HTMLElement?s:null},k=function(e){if(e instanceof HTMLElement){
for(const s of document.querySelectorAll("#words > [tabindex]"))s.removeAttribute("tabindex");e.tabIndex=0,e.focus()}},x=function(){
const e=b(document.getElementById(location.hash.slice(1)));e!==null&&e!==document.activeElement&&k(e)},A=function(e,s){const l=new URL(
location.href);l.searchParams.delete(e);for(const r of s)l.searchParams.append(e,r);history.replaceState(null,"",l)},v=function(e){
const s=document.getElementById("words");if(s===null)return;const l=[];let r="";for(const c of s.children){const f=b(c);
f?.classList.remove("hit");const h=f===null?c.localName==="i"?"￼":"":B(f.firstChild?.textContent??"");for(r+=h+(f!==null&&
s.classList.contains("loose")?"￼":"");l.length<r.length;)l.push(f)}const g=B(e);E=[];for(let c=g===""?-1:r.indexOf(g);c!==
-1;c=r.indexOf(g,c+g.length)){const f=l.slice(c,c+g.length);for(const h of f)h?.classList.add("hit");f[0]&&E.push(f[0])}
const y=document.getElementById("found"),{none:O="",some:n=""}=y?.dataset??{},i=g===""?"":E.length===0?O:n.replace("{n}",
String(E.length));y!==null&&(y.textContent=i),S(i),document.getElementById("next-found")?.toggleAttribute("hidden",E.length===
0),A("find",e===""?[]:[e])},M=function(){const e=document.querySelector("#words > [tabindex]"),s=r=>e!==null&&(e.compareDocumentPosition(
r)&Node.DOCUMENT_POSITION_FOLLOWING)!==0,l=e===E[0]&&document.activeElement!==e;k((l?E[0]:E.find(s)??E[0])??null)};var K=S,
F=b,P=k,R=x,W=A,U=v,z=M;const H=()=>[...document.querySelectorAll("#words > [data-p]")].map(e=>e),T=new Map([["ArrowRigh\
t","nextElementSibling"],["ArrowDown","nextElementSibling"],["ArrowLeft","previousElementSibling"],["ArrowUp","previousE\
lementSibling"]]);document.addEventListener("keydown",e=>{const s=b(e.target);if(s===null)return;let l=s;const r=T.get(e.
key);if(r!==void 0)do l=l[r];while(l!==null&&(b(l)===null||l.classList.contains("dim")));else if(e.key==="Home"||e.key===
"End")l=H().at(e.key==="Home"?0:-1)??null;else return;e.preventDefault(),k(l)}),document.addEventListener("click",({target:e})=>k(
b(e))),document.addEventListener("focusin",({target:e})=>{const s=b(e);s!==null&&(S(s.dataset.d??""),location.hash!==`#${s.
id}`&&history.replaceState(null,"",`#${s.id}`))}),window.addEventListener("hashchange",x),document.addEventListener("cli\
ck",e=>{const s=e.target instanceof Element?e.target.closest("#legend [data-part]"):null;if(!(s instanceof HTMLAnchorElement)||
document.getElementById("words")===null||e.ctrlKey||e.metaKey||e.shiftKey)return;e.preventDefault();const l=[...document.
querySelectorAll("#legend .key")].map(y=>y);if(s.dataset.part==="")for(const y of l)y.removeAttribute("aria-current");else
s.hasAttribute("aria-current")?s.removeAttribute("aria-current"):s.setAttribute("aria-current","true");const r=l.filter(
y=>y.hasAttribute("aria-current")).map(y=>y.dataset.part??""),g=new Set(r);for(const y of H())y.classList.toggle("dim",g.
size>0&&!g.has(y.dataset.p??""));document.querySelector("#legend .all")?.toggleAttribute("hidden",r.length===0),A("pos",
r)});let E=[];const B=e=>e.toLowerCase().length===e.length?e.toLowerCase():e;document.addEventListener("submit",e=>{const s=document.
getElementById("find-word");!(e.target instanceof Element)||e.target.id!=="finder"||!(s instanceof HTMLInputElement)||(e.
preventDefault(),e.stopImmediatePropagation(),v(s.value))}),document.addEventListener("click",e=>{if(!(e.target instanceof
Element)||e.ctrlKey||e.metaKey||e.shiftKey)return;const s=e.target.closest("[data-find], #next-found");if(!(s instanceof
HTMLElement)||document.getElementById("words")===null)return;e.preventDefault();const{find:l}=s.dataset,r=document.getElementById(
"find-word");if(l!==void 0){r instanceof HTMLInputElement&&(r.value=l),v(l),k(E[0]??null);return}E.length===0&&r instanceof
HTMLInputElement&&v(r.value),M()});const p=document.getElementById("legend"),D=CSS.supports("selector(::details-content)")||
!matchMedia("(min-width: 46rem)").matches;p instanceof HTMLDetailsElement&&!D&&(p.open=!0),location.hash!==""&&x()}{let H=function(n){
const i=document.getElementById("announce");i!==null&&(i.textContent=n)},E=function(n){const i=-new Date(n).getTimezoneOffset();
if(i===0)return[`${A(n)} UTC`,""];const c=A(n+i*6e4),f=A(n),h=Math.abs(i),I=`${i<0?"−":"+"}${x(Math.floor(h/60))}:${x(
h%60)}`;return[`${c} ${I}`,`${f.slice(0,10)===c.slice(0,10)?f.slice(11):f} UTC`]},B=function(n,i){const c=Math.round((n-
Date.now())/1e3),[f,h]=b.find(([,I])=>Math.abs(c)>=I)??["second",1];return(i?k:T).format(Math.trunc(c/h),f)},M=function(){
for(const n of document.querySelectorAll("time")){const i=Date.parse(n.dateTime),c="relative"in n.dataset,f=n.dataset.relative===
"short",h=B(i,f),[I="",N=""]=E(i),q=N===""||f?I:I+(n.closest(".timeline")?`
`:" · ")+N,$=c&&!v?h:q;n.textContent!==$&&(n.textContent=$),c&&(n.title=[v?h:I,N].filter(Boolean).join(" · "))}},D=function(){
p!==null&&(p.hidden=document.querySelector("time[data-relative]")===null,p.setAttribute("aria-pressed",String(v)))},r=function(n){
const i=[...document.querySelectorAll("[data-live=list] > [data-key]")],c=i.findIndex(I=>I.contains(document.activeElement)),
h=i[c===-1?0:Math.min(i.length-1,Math.max(0,c+n))]?.querySelector("a");h instanceof HTMLElement&&h.focus()},g=function(){
M(),D();for(const n of document.querySelectorAll("[data-copy]"))n.removeAttribute("hidden")},y=function(){const n=document.
querySelector("#sections [aria-current]");n instanceof HTMLElement&&n.parentElement!==null&&(n.parentElement.scrollLeft=
n.offsetLeft+n.offsetWidth+32-document.documentElement.clientWidth)};var K=H,j=E,V=B,G=M,Y=D,J=r,Q=g,X=y;const S=document.
documentElement.lang,b=[["year",31536e3],["month",2592e3],["day",86400],["hour",3600],["minute",60],["second",1]],k=new Intl.
RelativeTimeFormat(S,{numeric:"auto",style:"short"}),T=S.startsWith("zh")?k:new Intl.RelativeTimeFormat(S,{numeric:"auto"}),
x=n=>String(n).padStart(2,"0"),A=n=>new Date(n).toISOString().slice(0,19).replace("T"," ");let v=localStorage.getItem("t\
imes")==="exact";const p=document.getElementById("times");p?.addEventListener("click",()=>{v=!v,localStorage.setItem("ti\
mes",v?"exact":"relative"),g()}),document.addEventListener("click",({target:n})=>{const i=n instanceof Element?n.closest(
"[data-copy]"):null;i instanceof HTMLButtonElement&&e(i)});async function e(n){const{copy:i="",done:c="",failed:f=""}=n.
dataset;n.dataset.label??=n.textContent;let h=c;try{await navigator.clipboard.writeText(await s(i))}catch{h=f}n.textContent=
h,H(h),setTimeout(()=>n.textContent=n.dataset.label??"",2500)}async function s(n){if(!n.startsWith("/"))return document.
getElementById(n)?.textContent??"";const i=await fetch(n);if(!i.ok)throw new Error(String(i.status));return i.text()}const l=n=>n instanceof
HTMLElement&&n.matches("input, textarea, select");document.addEventListener("keydown",n=>{if(!(n.ctrlKey||n.metaKey||n.altKey||
l(n.target))){if(n.key==="/")document.getElementById("find")?.focus();else if(n.key==="j"||n.key==="k")r(n.key==="j"?1:-1);else
return;n.preventDefault()}}),document.addEventListener("submit",({target:n})=>{if(!(!(n instanceof HTMLFormElement)||n.method!==
"get"))for(const i of n.elements)i instanceof HTMLInputElement&&(i.disabled=i.value==="")}),window.addEventListener("pag\
eshow",()=>{for(const n of document.querySelectorAll("input:disabled"))n.removeAttribute("disabled")}),g(),y(),document.
addEventListener("updated",g),setInterval(M,2e4)}{let S=function(t){const o=document.getElementById("announce");o!==null&&
(o.textContent=t)},B=function(){clearTimeout(A),e();const t=E();if(t===0||document.hidden||T)return;const o=Math.max(t,Math.
min(H,t*1.2**Math.max(0,b-20)));A=setTimeout(()=>{v()},o*1e3)},M=function(){if(E()===0||document.hidden||T)return B();b=
0,v()},e=function(){if(p===null)return;p.hidden=E()===0;const{on:t="",paused:o="",offline:u=""}=p.dataset,d=Math.round((Date.
now()-k)/1e3),a=T?o:x?u:`${t} · ${D.format(-d,"second")}`;p.textContent!==a&&(p.textContent=a),p.dataset.tone=T?"still":
x?"bad":"good",p.setAttribute("aria-pressed",String(T))},s=function(t){x!==t&&(x=t,e(),S((t?p?.dataset.offline:p?.dataset.
on)??""))},l=function(t){const o=document.activeElement,{says:u}=t.body.dataset;u!==void 0&&u!==document.body.dataset.says&&
S(u);for(const d of["etag","every","says"]){const a=t.body.dataset[d];a===void 0?delete document.body.dataset[d]:document.
body.dataset[d]=a}document.title=t.title;for(const d of["sections","main"]){const[a,m]=[document.getElementById(d),t.getElementById(
d)];a!==null&&m!==null&&g(a,m)}o instanceof HTMLElement&&o!==document.activeElement&&o.isConnected&&o.focus({preventScroll:!0}),
document.dispatchEvent(new Event("updated"))},g=function(t,o){if(!t.isEqualNode(o)){if(!(t instanceof Element)||!(o instanceof
Element)){t.nodeValue=o.nodeValue;return}t.matches("[data-copy], [data-script]")||t instanceof HTMLTimeElement&&t.dateTime===
o.getAttribute("datetime")||(y(t,o),t instanceof HTMLElement&&t.dataset.live==="list"?f(t,o):O(t,o))}},y=function(t,o){const u=d=>t.
localName==="details"&&d==="open";for(const{name:d,value:a}of o.attributes)!u(d)&&t.getAttribute(d)!==a&&t.setAttribute(
d,a);for(const{name:d}of Array.from(t.attributes))!u(d)&&!o.hasAttribute(d)&&t.removeAttribute(d)},O=function(t,o){const u=new Set(
[...o.children].map(r)),d=new Map;for(const m of Array.from(t.children)){const w=r(m);w!==null&&(u.has(w)?d.set(w,m):m.contains(
document.activeElement)||m.remove())}let a=t.firstChild;for(const m of o.childNodes){const w=r(m),C=w===null?n(a,m):d.get(
w)??null;C===null||C.nodeName!==m.nodeName?t.insertBefore(document.importNode(m,!0),a):(C===a?a=a.nextSibling:t.insertBefore(
C,a),g(C,m))}for(;a!==null;){const m=a;a=a.nextSibling,m.contains(document.activeElement)||m.remove()}},n=function(t,o){
for(let u=t;u!==null;u=u.nextSibling)if(u.nodeName===o.nodeName&&r(u)===null)return u;return null},f=function(t,o){const u=new Map(
c(o).map(L=>[L.dataset.key,L])),d=o.getAttribute("data-more")===null,a=Math.min(...[...u.values()].map(L=>Number(L.dataset.
place)));for(const L of c(t)){const _=u.get(L.dataset.key);_!==void 0?g(L,_):(d||Number(L.dataset.place)>a)&&!L.contains(
document.activeElement)&&L.remove()}const m=window.scrollY>0||t.contains(document.activeElement)||t.matches(":hover");i=
o;const{count:w,text:C}=h(t,o);w>0&&m&&c(t).length>0?I(C):(w>0||!m)&&N()},h=function(t,o){const u=new Set(c(t).map(L=>L.
dataset.key)),d=c(o),a=d.filter(L=>!u.has(L.dataset.key)).length,m=u.size>0&&a===d.length&&o.getAttribute("data-more")!==
null,{one:w="",many:C=""}=document.getElementById("news")?.dataset??{};return{count:a,isCut:m,text:a===1?w:C.replace("{n\
}",`${a}${m?"+":""}`)}},I=function(t){const o=document.getElementById("news");o!==null&&(o.hidden=!1,o.textContent!==t&&
S(t),o.textContent=t)},N=function(){const t=document.querySelector("[data-live=list]"),o=document.getElementById("news");
if(t===null||i===null)return;const u=new Set(c(t).map(w=>w.dataset.key)),{count:d,isCut:a,text:m}=h(t,i);O(t,i);for(const w of c(
t))w.classList.toggle("fresh",!u.has(w.dataset.key));a&&t.append(q(t)),o!==null&&(o.hidden=!0),d>0&&S(m),document.dispatchEvent(
new Event("updated"))},q=function(t){const o=document.createElement("li");return o.className="gap",o.textContent=t.getAttribute(
"data-gap"),o};var K=S,Z=B,tt=M,et=e,nt=s,ot=l,st=g,it=y,at=O,ct=n,lt=f,rt=h,dt=I,ut=N,ft=q;const H=30;let b=0,k=Date.now(),
T=!1,x=!1,A;const E=()=>Number(document.body.dataset.every??0);async function v(){clearTimeout(A),b+=1;try{const t={"if-\
none-match":document.body.dataset.etag??""},o=await fetch(location.href,{headers:t,cache:"no-store"});if(o.status===401)
return location.reload();s(![200,304,404].includes(o.status)),x||(k=Date.now()),!x&&o.status!==304&&(b=0,l(new DOMParser().
parseFromString(await o.text(),"text/html")))}catch{s(!0)}B()}document.addEventListener("visibilitychange",M),window.addEventListener(
"online",M),window.addEventListener("offline",()=>s(!0));const p=document.getElementById("live"),D=new Intl.RelativeTimeFormat(
document.documentElement.lang,{style:"narrow",numeric:"auto"});p?.addEventListener("click",()=>{T=!T,M()}),setInterval(e,
1e3);const r=t=>t instanceof Element&&(t.getAttribute("data-key")||t.id)||null;let i=null;const c=t=>[...t.children].flatMap(
o=>o instanceof HTMLElement&&o.dataset.key?[o]:[]);document.getElementById("news")?.addEventListener("click",()=>{N(),window.
scrollTo({top:0})}),B()}
