import re,sys
hits={}
for l in open('/tmp/format-fix1.txt'):
    m=re.match(r'^((?:src|tests|scripts)/\S+\.[ch]) (\d+) (color|alpha|depth|sampling_x|sampling_y|channels|premultiplied)$',l.strip())
    if m: hits.setdefault(m[1],set()).add((int(m[2]),m[3]))
def split_top(s):
    out=[];d=0;cur='';q=False
    i=0
    while i<len(s):
        c=s[i]
        if s.startswith('/*',i):
            j=s.index('*/',i)+2; cur+=s[i:j]; i=j; continue
        if c in '({[': d+=1
        if c in ')}]': d-=1
        if c==',' and d==0: out.append(cur);cur=''
        else: cur+=c
        i+=1
    out.append(cur); return out
for f,hs in sorted(hits.items()):
    s=open(f).read()
    offs=[0]
    for L in s.split('\n'): offs.append(offs[-1]+len(L)+1)
    groups=set()
    for ln,mem in hs:
        a=offs[ln-1]; b=offs[ln]
        for m in re.finditer(r'\.'+mem+r'\s*=',s[a:b]):
            p=a+m.start(); d=0
            while True:
                p-=1
                if s[p] in ')}]': d+=1
                if s[p] in '({[':
                    if d==0: break
                    d-=1
            if s[p]=='{': groups.add(p)
            else: print('not brace',f,ln,mem)
    for p in sorted(groups,reverse=True):
        d=0;e=p
        while True:
            if s[e] in '({[': d+=1
            if s[e] in ')}]':
                d-=1
                if d==0: break
            e+=1
        parts=split_top(s[p+1:e])
        v={};idx=None;out=[]
        isinfo=any(re.match(r'\s*\.(channels|format)\s*=',x) for x in parts)
        names={'color','alpha','sampling_x','sampling_y','channels','premultiplied'}|(set() if isinfo else {'depth'})
        idepth=None
        for x in parts:
            m=re.match(r'\s*\.(\w+)\s*=\s*(.*)$',x,re.S)
            if m and isinfo and m[1]=='depth': idepth=m[2].strip()
            if m and m[1] in names:
                v[m[1]]=m[2].strip()
                if idx is None: idx=len(out); out.append(None)
            else: out.append(x)
        if idx is None: print('none?',f,s[p:e+1][:80]); continue
        color=v.get('color','PM_COLOR_GRAY'); depth=v.get('depth',idepth or '8')
        if isinfo and 'color' not in v and v.get('channels')=='3': color='PM_COLOR_RGB'
        al=v.get('alpha','false')
        al={'true':'PM_ALPHA_STRAIGHT','false':'PM_ALPHA_NONE'}.get(al, f'{al} ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE')
        ycc=color=='PM_COLOR_YCC'
        if ycc: F=f'PIXELS_YCC({v.get("sampling_x","1")}, {v.get("sampling_y","1")})'
        else: F=f'PIXELS({color}, {al}, {depth})'
        if (v.get('sampling_x','1')!='1' or v.get('sampling_y','1')!='1') and not ycc: print('CHECK sampling',f,s[p:e+1])
        if isinfo and set(v)<={'sampling_x','sampling_y'}: print('INFO sampling only',f)
        if 'channels' in v: print('CHECK channels',f,v)
        out[idx]=(' ' if idx>0 else '')+('.pixels = ' if isinfo else '.format = ')+F
        s=s[:p+1]+','.join(out)+s[e:]
    open(f,'w').write(s)
