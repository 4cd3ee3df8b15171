const now=new Date,language=document.documentElement.lang;
if(now.getTimezoneOffset())for(const t of document.querySelectorAll("time")){
const at=new Date(t.dateTime);
if(t.dateTime.length>10&&!isNaN(at)){
const form={month:"short",day:"numeric",hour:"2-digit",minute:"2-digit",hourCycle:"h23"};
if(at.getFullYear()!==now.getFullYear())form.year="numeric";
if(t.className)form.timeZoneName="short";
t.title=t.textContent;t.textContent=at.toLocaleString(language,form)}}
const seconds=Number(document.body.dataset.refresh);
if(seconds)setInterval(()=>{if(!document.hidden&&!document.querySelector("details[open]"))location.reload()},seconds*1000);
