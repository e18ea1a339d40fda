import re,subprocess,sys,glob,os
from concurrent.futures import ThreadPoolExecutor
FL=None
def flags():
    out=subprocess.run(['make','-pn'],capture_output=True,text=True).stdout
    return out
PK=subprocess.run("pkg-config --cflags libpng libjpeg libcrypto liburing libcurl 2>/dev/null; pkg-config --cflags libmicrohttpd lcms2 criterion glib-2.0 2>/dev/null",shell=True,capture_output=True,text=True).stdout.split()
files=[f for pat in ('src/**/*.c','tests/**/*.c','scripts/**/*.c') for f in glob.glob(pat,recursive=True) if not f.endswith('.simd.c')]
if len(sys.argv)>1: files=sys.argv[1:]
base=['gcc','-fsyntax-only','-std=c17','-D_GNU_SOURCE','-DPIXMILL_ISAL','-w','-fopenmp','-fmax-errors=0','-Iinclude','-Isrc','-Itests']+PK
def comp(f):
    return subprocess.run(base+[f],capture_output=True,text=True,env=dict(os.environ,LC_ALL='C')).stderr
rx=re.compile(r"^([^:\n]+):(\d+):(\d+): error: '(?:const )?struct (pm_image|shape|pm_info|pm_metadata)' has no member named '(\w+)'",re.M)
with ThreadPoolExecutor(3) as ex: outs=list(ex.map(comp,files))
hits=set(); other=[]
for o in outs:
    for m in rx.finditer(o): hits.add((m[1],int(m[2]),int(m[3]),m[4],m[5]))
    for l in o.splitlines():
        if 'error:' in l and not rx.match(l): other.append(l)
byfile={}
for h in hits: byfile.setdefault(h[0],[]).append(h)
des=[]
for f,hs in byfile.items():
    if not os.path.exists(f) or f.startswith('include/'): print('?',f); continue
    lines=open(f).read().split('\n')
    for (_,ln,col,st,mem) in sorted(hs,key=lambda h:(-h[1],-h[2])):
        L=lines[ln-1]; rest=L[col-1:]
        inner='pixels.' if st=='pm_info' else 'format.'
        m=re.match(r'(->|\.)'+mem,rest)
        pre=L[:col-1].rstrip()
        desig = (rest.startswith('.') and (pre=='' or pre[-1] in '{,(')) or (L[col-2:col-1]=='.' and (L[:col-2].rstrip()=='' or L[:col-2].rstrip()[-1] in '{,'))
        if desig: des.append((f,ln,mem)); continue
        if not m:
            print('no match',f,ln,col,L); continue
        op=m[1]
        lines[ln-1]=L[:col-1]+op+inner+mem+L[col-1+len(m[0]):]
    open(f,'w').write('\n'.join(lines))
print(len(hits),'hits',len(des),'designators')
for d in sorted(set(des)): print(*d)
for l in sorted(set(other)): print(l)
