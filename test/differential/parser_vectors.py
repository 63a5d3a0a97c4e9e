"""Writes what the reference engine (DuckDB) accepts and how it names the columns of expressions.

The unit tests of src/sql compare with these answers. Run it again after a change of the lists below or of
the reference's release; it fails where the reference contradicts a mark:

    .venv/bin/python test/differential/parser_vectors.py src/sql/testdata/parser_vectors.inc
"""

import json
import random
import sys

import duckdb

GENERATED = 1500
SEED = 20

# One text a line; \n and \t stand for characters. Marks in front of a line:
#   !  both refuse
#   ~  we accept, the reference refuses
#   ^  the reference accepts, we refuse
TEXTS = r"""
select 1
select 1;
;
select 1; select 2
select 1;; ;select 2;
select 1,
select [1, 2,], {'a': 1,}, f(1,)
select a, from t
select a from t,
select * from t order by a,
select a from t group by a,
with a as (select 1), select 1
from t
from t select a
from t select distinct a where b
from t where a
from t group by a
from t union from u
from t order by a
table t
table t union table u
values (1), (2)
values (1, 2), (3, 4) order by 1 limit 3
(select 1)
((select 1))
(from t) union (from u) order by 1
select distinct a from t
select distinct on (a, b) c from t
select all a from t
select 1 where false having true
select a as "b c", a b, b: a, "x": c from t
select a as 'str', 1 as order, 1 as select
!select 1 order
!select 1 'str'
!select 'x': 1
!select 1 day
!select
!select from t
!select distinct on a b
!select a b c
!select a from t where
!select * from (select 1
!select (1
!select case when 1 then
!select * from t order
!select * from t select a
!from t where a select b
!select a into b from t
!select a from t for update
!selct 1
!select 'abc
!select "abc
!select /* x
!select e'abc
!select $$abc
select 1 /* a /* b */ c */ -- d
select 1 -- comment\n, 2
select a\tfrom\r\nt
select "a""b", "select", tbl."select", `x y`
select a$b, _a, é, "É"
select $a$b$a$, $$x$$, 'it''s', e'a\x41\101\t', n'abc', x'ab', X'', b'101'
!select x'a'
!select x'zz'
!select b'12'
!select 'a' 'b'
select 1, 1.5, .5, 5., 1e5, 1E-5, 1.5e+3, 1_000, 1_0.5_0
select 170141183460469231731687303715884105728, 99999999999999999999999999999999999999999999999999
select 0x1F, 0b101, 0o17, 0xDEAD_BEEF
^select 1a
select true, false, null, default from t
select * from t
select t.* from t
~select a.b.* from t
select * exclude (a, b) replace (c + 1 as c) rename (d as e) from t
select * exclude a from t
select * except (a) from t
select t.* exclude (a) from t
select * exclude (a.b, c) from t
select * replace 1 as c from t
select * rename a as b from t
!select * exclude (a) exclude (b) from t
select columns('x') + 1, columns(*), columns(t.*), columns(* exclude (a)), columns(lambda c: c like 'x%') from t
select coalesce(*columns('a')), struct_pack(*columns(*)) from t
select * like 'a%' from t
select a + b * c - d / e % f // g ^ h ** i, a || b, a & b | c << 1 >> 2, ~a, -a, +a, - - a, @a, a !
select a = b, a == b, a <> b, a != b, a < b, a <= b, a > b, a >= b
!select a = b = c
!select a < b < c
select (a = b) = c, not a = b, not not a
select a and b or c and not d
select a is null, a is not null, a isnull, a notnull, a is true, a is not false, a is unknown, a is not unknown
select a is distinct from b, a is not distinct from null, a is null is null, a is null::int
select a between 1 and 2, a not between 1 and 2 and b, a between b || c and d + 1 or e
!select a between 1 and 2 between 3 and 4
~select a between symmetric 1 and 2
select a in (1, 2), a not in (select 1), a in (select 1) = b, a in b, a in [1, 2], a in (1) in (2), (a, b) in ((1, 2), (3, 4))
select a in ((select 1)), a in ((select 1), 2), a in ((select 1) union select 2), a in (values (1)), a in (from t)
^select a in ()
select a like 'x', a not like 'x' escape 'y', a ilike b, a not ilike b escape c, a similar to b, a not similar to b, a glob b, a not glob b
select a ~ 'x', a !~ 'x', a ~* 'x', a !~* 'x', a ~~ 'x', a !~~ 'x', a ~~* 'x', a !~~* 'x', a ~~~ 'x'
!select a like b like c
!select a like any (['x'])
select a -> 'b' -> 'c', a ->> 'b', a @> b, a <@ b, a && b, a ^@ b, a <-> b, a <=> b
select a collate nocase, a collate nocase.noaccent = b
select a at time zone 'utc' at time zone b
select a::int, a::int::text, (-1)::int, -1::int, a.b::int, a[1]::int, 'a'::varchar(10), a::decimal(10, 2)[], a::int[3][]
select cast(a as int), try_cast(a as double precision), cast(a as struct(x int, "Y z" varchar)[]), cast(a as map(int, varchar))
select a::timestamp with time zone, a::timestamp without time zone, a::time with time zone, a::timestamp(3), a::timestamp_ns, a::interval
select a::union(x int, y text), a::enum('a', 'b'), a::s.t, a::"my type", a::int array, a::int array[3], a::row(x int), a::map, a::struct
select a::national character varying(4), a::nchar, a::character varying, a::bit varying, a::dec(3), a::float(10), a::real, a::numeric
!select a::decimal(1 + 1)
!select a::int(3)
!select a::time(3)
!select a::timestamp(3) with time zone
^select a::interval year
select date '2020-01-01', timestamp '2020-01-01', time '10:00', timestamptz 'x', timestamp with time zone 'x', int '5', decimal(10, 2) '5.5', double precision '1.5', uuid 'x', json '{}'
select interval '1 day', interval 3 day, interval (a) month, interval '1' year, interval 1.5 hours, interval (a + 1), interval 1 millennium, - interval '1' day
!select interval a month
!select interval ? day
!select interval '1' second(3)
select date, time, timestamp, interval, int, char, values, position, year, "order" from t
select extract(year from ts), extract('year' from ts), extract(epoch from ts), extract("Day" from ts)
select substring(s from 1 for 2), substring(s from 2), substring(s for 2), substring(s, 1, 2), substring(s, 1)
select position('a' in s), overlay(a placing b from c for d), overlay(a placing b from c), overlay(a, b, c)
select trim(s), trim(both from s), trim(both 'x' from s), trim(leading 'x' from s), trim(trailing from s), trim('x' from s), trim(s, 'x'), trim(leading s)
!select extract(from ts)
!select substring(s similar 'x' escape 'y')
select case when a then b else c end, case a when 1 then 2 when 3 then 4 end, case when a then b end::int
!select case end
!select case a end
select coalesce(a, b), nullif(a, b), ifnull(a, b), if(a, b, c), greatest(a, b), try(a)
!select coalesce()
select f(), f(a, b), f(distinct a), f(all a), f(a order by b desc nulls last, c), f(a) filter (where b > 1), f(a) filter (b > 1), F(A), "F g"(a)
select f(a := 1, b => 2), s.f(1), c.s.f(1), s.upper().lower(), 'x'.upper(), (a).f(b), f(a).b(c), [1, 2].len()
select count(*), count(), count(distinct a), count(*) filter (where a), string_agg(distinct s, ',' order by s)
select percentile_cont(0.5) within group (order by a), percentile_disc(0.5) within group (order by a desc), mode() within group (order by a)
!select f(select 1)
!select f(variadic a)
!select f(a)(b)
!select f(distinct on (a) b)
select sum(a) over (), sum(a) over (partition by b, c order by d desc nulls first), row_number() over (order by a)
select sum(a) over (order by b rows between unbounded preceding and current row), sum(a) over (order by b range between 1 preceding and 2 following exclude ties), sum(a) over (order by b groups 1 preceding exclude group), sum(a) over (rows unbounded preceding)
select sum(a) over (range between interval 1 day preceding and unbounded following exclude current row), sum(a) over (range 1 preceding)
select sum(a) over w, sum(a) over (w order by c) from t window w as (partition by b)
select first(a ignore nulls) over (), lag(a, 1, 0 respect nulls) over (order by b), sum(a) filter (where b) over ()
!select sum(a) over (order by b rows between 1 and 2)
!select sum(a) over (rows between unbounded and current row)
select a from t window w as (order by a), v as (partition by b) qualify b
select a from t qualify row_number() over (order by a) = 1
!select a from t qualify b window w as ()
select [1, 2, 3], [], [[1], [2]], {'a': 1, b: 2, "c": 3}, {}, map {'a': 1, 2: b}, map {}, map([1], [2]), array[1, 2], array(select 1)
select l[1], l[1:2], l[:2], l[1:], l[:], l[1:5:2], l[:-:2], l[1:-:2], l[-1], l[1][2].a[3]
select (st).x, (a.b).c, (select 1).x, ($1).a, case when a then b end.x, f(a).b
select list_transform(l, x -> x + 1), list_transform(l, lambda x: x + 1), list_reduce(l, lambda x, y: x + y)
select [x + 1 for x in l], [x for x in l if x > 1], [x + i for x, i in l]
select row(1, 2), row(1), (1, 2), (1,), ((1, 2), 3), (a, b) = (1, 2)
select (((1))), ((a)), ((select 1)), (((select 1) + 1)), ((select 1) union (select 2))
select ?, ?
select $1, $2, $1
select $name, $other, $name
select ?1, ?2
!select ?, $name
!select $0
select #1 from t order by #1
!select #0 from t
select exists (select 1), not exists (from t), exists ((select 1)), array((select 1))
select a = any (select 1), a > all (select 1), a <> some (select 1), a = any ([1, 2]), a = any (l)
select (select 1), (select 1) + 1, (from t), (table t), (values (1)), (with a as (select 1) select 2)
select current_date, current_timestamp, now(), current_user, localtime
select * from t, u v, w as x
select * from t join u on a = b join v using (a, b) left join w on true right outer join x on c full join y using (d)
select * from t cross join u natural join v natural left join w positional join x
select * from t semi join u on a anti join v using (b)
select * from t asof join u on a >= b asof left join v using (a, b)
select * from t join u join v on a on b
select * from t join (u join v on a) on b
select * from (t join u on a), ((t)), (t x), ((t) y), ((t join u on true)), (t join u on a) x(c)
!select * from t join u
!select * from t left join u
!select * from t cross join u on a
!select * from t natural asof join u
!select * from t join u using a
!select * from (t, u)
select * from t as x(a, b), u y(c)
!select * from t as x(a int)
select * from (select 1), (select 2) x, (select 3) as y(a), lateral (select 4) z, ((select 5)), ((select 6) w), ((select 1) union (select 2)) v
select * from (values (1, 2), (3, 4)) t(a, b), (values (1)), values (1) as v(x)
select * from f(1), f(1) x, a.f(1, b := 2, c = 3, d => 4) as y(z), f() with ordinality, lateral f(1), range(10) t(i), unnest([1]) u
select * from 'file.parquet', "f2.parquet" x, 'a/*.parquet' as y(z), read_parquet('x', hive_partitioning = true)
select * from x: t join y: u on true
from x: (select 1), y: f(1), z: 'file'
^select * from t at (version => 3)
!select * from t x y
!select * from only t
!select * from ?
!select * from lateral t
select * from (describe t), (show tables), (summarize select 1), (show all tables) x
^select * from t pivot (sum(a) for b in (1, 2))
^select * from t unpivot (a for b in (c, d))
select a from t where b group by c having d order by e limit 1 offset 2
select a from t group by all having sum(a) > 1 order by all
select a from t group by *
select a from t order by *
select a from t order by all desc nulls last
!select a from t order by a all
select a from t group by (a, b), (c), (), a + 1, (a + b) * 2, row(a, b)
select a from t group by grouping sets ((a, b), a, (), rollup(a, b)), rollup((a, b), c), cube(a, b)
select a from t order by a, b asc, c desc, d nulls first, e desc nulls last
select 1 limit 10
select 1 limit 10 offset 5
select 1 offset 5 limit 10
select 1 offset 5
select 1 offset 5 rows fetch next 10 rows only
select 1 fetch first row only
select 1 fetch first (1 + 1) rows only
select 1 limit 1 + 1
select 1 limit (select 1)
select 1 limit ?
select 1 limit all
select 1 limit null
select 1 limit 10%
select 1 limit 10.5 percent
select 1 limit (1 + 1)%
select 1 limit 1 + 1 % offset 3
!select 1 limit 5, 6
!select 1 limit 5 limit 6
!select 1 fetch first 10 percent rows only
select a from t using sample 10
select a from t using sample 10% (bernoulli, 3)
select a from t using sample reservoir(10 rows) repeatable (42)
select a from t tablesample 10% join u tablesample reservoir(5 rows) on true
select a from t x tablesample (10 percent)
!select a from t tablesample 10% x
!select a from t limit 5 using sample 10
select 1 union select 2 union all select 3 intersect select 4 except all select 5
select 1 union all by name select 2
select 1 union distinct select 2
select 1 union by name select 2 order by 1 limit 2
(select 1 order by 1 limit 1) union all (select 2) order by 1
((select 1 limit 2) limit 1)
((select 1) union (select 2)) limit 3
(select 1) intersect ((select 2) union select 3)
!select 1 order by 1 union select 2
!select 1 union with a as (select 1) select 2
with a as (select 1), b(x, y) as materialized (select 2), c as not materialized (select 3) select * from a
with recursive a(n) as (select 1 union all select n + 1 from a where n < 5) select * from a
with recursive a(n) using key (n) as (select 1 union all select n + 1 from a) select * from a
with a as (with b as (select 1) select * from b) select * from a
with a as (select 1) (with b as (select 2) select * from b)
with a as (select 1) (select 2) union select 3
with a as (select 1) from a select *
with a as (select 1) values (1)
!with recursive as (select 1) select 2
!with a (select 1) select 2
^with a as (insert into t values (1) returning *) select 1
create table t (a int)
create table t (a int not null default 5 primary key, b varchar(10) unique check (b > 1), c int references u(x), foreign key (a) references v(b), primary key (a, b), unique (a), check (a > 1), constraint foo check (a))
create table t (a int, b as (a + 1), d generated always as (a + 1) virtual)
create table t (a varchar collate nocase, b int using compression rle, c int null)
!create table t (a)
!create table t ()
!create table t
create table t as select 1
create table t (a, b) as select 1, 2
!create table t (a int) as select 1
create table t as (select 1) with no data
create table t as from u with data
create table t as values (1)
create table t as table u
create temp table t (a int)
create or replace temporary table a.b.c (a int,)
!create or replace table if not exists t (a int)
create table if not exists t as select 1
create table t (a struct(x int)[], b decimal(10, 2), c map(int, int), d timestamp with time zone, e int[3])
create table t (a int default 1 + 1, b int default (1), c int default now(), d int check (a > 1) not null, e int default 1 not null)
create view v as select 1
create or replace temp view v(a, b) as select 1, 2
create view if not exists s.v as from t
create view v as (values (1))
!create or replace view if not exists v as select 1
create recursive view v(a) as select 1
create schema s
create index i on t(a)
create unique index i on t(a)
create sequence s
create type x as enum ('a')
create macro f(a) as a + 1
create or replace secret s (type s3)
!create
drop table t
drop table if exists a.b.c cascade
drop view v restrict
~drop table t, u
drop schema s
drop macro f
!drop
insert into t values (1), (2)
insert into t(a, b) select 1, 2
insert into t default values
!insert into t (a) default values
insert into t by name select 1 as a
insert into t by position select 1
insert into t by name (a) select 1
!insert into t(a) by name select 1
insert or replace into t values (1)
insert or ignore into t values (1)
insert into t as x values (default, 1)
insert into t values (1) on conflict do nothing
insert into t values (1) on conflict (a) where b do update set c = 1, d = excluded.d where e
insert into t values (1) on conflict (a, b) do update set (c, d) = (1, 2) returning a, b as c
insert into t (select 1)
insert into t ((select 1))
insert into t from u
insert into t table u
insert into t with a as (select 1) select * from a
with a as (select 1) insert into t select * from a
^insert into t overriding system value values (1)
!insert t values (1)
!insert into t(a.b) values (1)
with a as (select 1) delete from t
with a as (select 1) update t set a = 1
update t set a = 1 where b
delete from t using u where a
truncate t
merge into t using u on a when matched then delete
alter table t add column a int
comment on table t is 'x'
copy t to 'x'
copy t(a, b) to 'x' (format csv, header)
copy t to 'x' (format parquet, compression zstd, row_group_size 1000, header true, delimiter ',', null 'x', force_quote (a, b), partition_by (a), per_thread_output, quote '"')
copy t to 'x' with (format 'csv', header false)
~copy t to 'x' (format = csv)
copy (select 1) to 'x'
copy (from t) to 'x' with (format parquet)
copy (with a as (select 1) select 1) to 'x'
copy t from 'x'
copy t(a) from 'x' (format csv)
copy t from 'x' csv header
copy t to 'x' with csv header delimiter ','
copy t to stdout
copy t to ('a' || 'b')
copy t to ?
copy t to 'x' (force_quote *)
!copy (select 1) to 'x' ()
!copy (delete from t returning *) to 'x'
^copy t to x
^copy from database a to b
explain select 1
explain analyze select 1
explain (format json) select 1
explain (analyze, format json) select 1
explain analyze (format json) select 1
explain (select 1)
explain insert into t values (1)
!explain verbose select 1
!explain
describe
describe t
describe a.b
describe select 1
describe (select 1)
describe table t
describe 'file.csv'
desc t
describe values (1)
describe from t
describe show tables
!describe f(1)
show
show t
show tables
show all tables
show tables from s
show databases
show schemas
show a.b
show select 1
summarize t
summarize select 1
summarize 'file'
summarize from t
!summarize
set x = 1
set x to 'a'
set x = true
set x = default
~set x = on
~set x = a, b
set session x = 1
set global x = -1
set x = [1, 2]
set time zone 'UTC'
set timezone = 'x'
set variable x = (select 1)
set schema 'x'
!set x 1
reset x
reset session x
reset variable x
!reset all
pragma x
pragma x = 1
pragma x = a
pragma x(1)
pragma table_info('t')
!pragma a.b
use a
use a.b
use 'a'
prepare p as select ?
prepare p as insert into t values (?)
execute p
execute p(1, 'a')
execute p(a := 1)
deallocate p
deallocate prepare p
~deallocate all
call f(1)
call a.f(1, b := 2)
!call f
begin
begin transaction
start transaction
commit
rollback
abort
checkpoint
force checkpoint
vacuum
analyze t
attach 'x' as y
detach y
export database 'x'
import database 'x'
load x
install x from y
pivot t on a using sum(b)
unpivot t on a, b into name x value y
!foo
!select 1 foo bar
!) select
!select )
!1
!'a'
"""

EXPRESSIONS = r"""
count(*)
count()
sum(a)
SUM(a)
a+b
a + b * 2
(a+b)*2
-a
+a
-(a+b)
- 5
-5.5
not a
a and b
a and b and s
a or b or (a and b)
a = b
a == b
a <> b
a != b
a is null
a is not null
a isnull
a notnull
a is true
a is not true
a is unknown
a is distinct from b
a is not distinct from b
a between 1 and 2
a not between 1 and 2
a in (1,2)
a not in (1,2)
a in (select 1)
a not in (select 1)
exists (select 1)
not exists (select 1)
(select 1)
a = any(select 1)
a <> all(select 1)
s like 'x%'
s not like 'x'
s ilike 'x'
s not ilike 'x'
s like 'x' escape '$'
s similar to 'x'
s not similar to 'x'
s glob 'x'
s ~ 'x'
s !~ 'x'
s ~~ 'x'
s !~~ 'x'
s ~~* 'x'
s ~~~ 'x'
s || 'x'
a // b
a % b
a ** b
a ^ b
a & b
a | b
a << 1
a >> 1
~a
a::bigint
cast(a as bigint)
try_cast(s as int)
cast(a as decimal(10,2))
cast(a as varchar(10))
a::double precision
a::timestamp with time zone
a::int[]
a::text
a::float
a::real
a::string
a::int8
a::numeric
a::struct(x int, y varchar)
date '2020-01-01'
timestamp '2020-01-01 00:00:00'
time '10:00'
interval '1 day'
interval 3 day
interval 3 days
interval (a) day
interval a month
interval '3' day
interval '1' year
extract(year from ts)
extract('year' from ts)
date_part('year', ts)
substring(s from 1 for 2)
substring(s from 2)
substring(s, 1, 2)
substring(s for 2)
position('a' in s)
trim(s)
trim(both from s)
trim(both 'x' from s)
trim(leading 'x' from s)
trim(trailing from s)
trim('x' from s)
overlay(s placing 'x' from 1 for 2)
case when a then b else 1 end
case a when 1 then 2 end
case when a then b end
coalesce(a, b)
nullif(a,b)
count(distinct a)
string_agg(s, ',' order by a desc)
string_agg(s, ',' order by a desc nulls last, b)
sum(a) filter (where b > 1)
count(*) filter (where b > 1)
mode() within group (order by a desc)
row_number() over ()
sum(a) over (partition by b order by s rows between unbounded preceding and current row)
sum(a) over (partition by b order by s desc nulls first rows between 1 preceding and 2 following exclude ties)
sum(a) over (order by a range between interval 1 day preceding and current row)
lead(a, 1, 0) over (order by b)
count(*) over ()
main.abs(a)
s.upper()
s.upper().lower()
a.abs
[1,2,3]
[]
{'a': 1, 'b': s}
{a: 1}
l[1]
l[1:2]
l[:2]
l[1:]
l[:]
l[1:5:2]
l[:-:2]
list_transform(l, x -> x + 1)
list_transform(l, lambda x: x + 1)
list_transform(l, (x, y) -> x + y)
[x+1 for x in l]
row(1,2)
(1,2)
(a,b)
1
1.5
1e5
1_000
.5
5.
100000000000
1000000000000000000000
99999999999999999999999999999999999999999999999999
'abc'
'it''s'
E'a\\nb'
$$abc$$
$x$abc$x$
x'ab'
true
false
null
a
t.a
T.A
A
"Weird Col"
t."Weird Col"
main.t.a
memory.main.t.a
st.x
t.st.x
(st).x
current_date
current_timestamp
now()
s collate nocase
ts at time zone 'UTC'
a + (b + 1)
a - b - 1
a - (b - 1)
2 ^ 3 ^ 4
-2 ^ 2
- a ^ 2
not a = b
a = b = a
a < b
a < b = true
1 + 2 || 'x'
a is null = true
a::int + 1
-a::int
-1::int
a[1]
map {'a': 1}
MAP {'a': 1, 2: s}
map([1],[2])
a in l
a not in l
@a
a!
a <=> b
1 <@ 2
struct_pack(x := 1)
struct_pack(x => 1)
Sum(A)
"Sum"(a)
grouping(a)
greatest(a,b)
if(a, b, 1)
a -> 'b'
s ->> 'b'
s -> '$.b'
s ^@ 'x'
l && l
*
columns('a')
columns(*)
min(columns('a|b'))
t.*
* exclude (a)
* replace (a + 1 as a)
try(a)
typeof(a)
x'00'
b'01'
timestamptz '2020-01-01'
timestamp with time zone '2020-01-01'
int '5'
decimal(10,2) '5.5'
uuid '00000000-0000-0000-0000-000000000000'
json '{}'
a is document
(select a, b)
unnest(l)
list(a order by b)
approx_quantile(a, 0.5)
a::decimal
a::hugeint
a::t
a::enum('a','b')
a::union(x int)
a::map(int, varchar)
a::int[3]
a::timestamp(3)
a::timestamp_ms
a::interval
a::bit
a::time with time zone
concat(a, b)
a in (1)
a in (l)
case when not a then 1 end
'a' 'b'
'a'
"""

ATOMS = """a|b|c|t.a|1|2.5|'x'|null|true|f(a)|(a)|(a + b)|$1|count(*)|a[1]|(select 1)|case when a then b end|[1, 2]
date 'x'|(a, b)|exists (select 1)|cast(a as int)|left(a, 1)|"q r"|interval '1' day|-1|x.y.z|{'a': 1}|a::text|-a::int
x'ab'|sum(a) over (order by b)|(b).c|a[1:2]|f(a).g(b)|trim(a)|extract(day from a)|coalesce(a, 1)|year(a)"""

BINARY = """+|-|*|/|//|%|^|**|&|<<|>>|=|!=|<>|<|>|<=|>=|==|and|or|and|or|like|not like|ilike|glob|similar to|~|!~|~~
->>|->|@>|<@|^@|&&|is distinct from|is not distinct from"""

PREFIX = ["not", "not not", "not -"]

POSTFIX = """is null|is not null|isnull|notnull|is true|is not false|is unknown|in (1, 2)|not in (a)|in (select 1)
between 1 and 2|not between a + 1 and b and c|::int|collate x|[1]|.f()|like 'x' escape 'y'"""

ATOMS = ATOMS.replace("\n", "|").split("|")
BINARY = BINARY.replace("\n", "|").split("|") + ["|", "||"]
POSTFIX = POSTFIX.replace("\n", "|").split("|")


def parse(connection, sql):
    """The reference's tree of a SELECT as JSON, None where it refuses."""
    tree = connection.execute("select json_serialize_sql(?)", [sql]).fetchone()[0]
    return None if json.loads(tree)["error"] else tree


def expression_name(connection, expression):
    """How the reference prints an expression; None where it refuses."""
    tree = parse(connection, "select " + expression)
    if tree is None:
        return None
    printed = connection.execute("select json_deserialize_sql(?::json)", [tree]).fetchone()[0]
    return printed.removeprefix("SELECT ")


def accepts(connection, text):
    try:
        connection.extract_statements(text)
    except duckdb.Error:
        return False
    return True


def random_expression(source, depth):
    """Operators side by side, with parentheses only where the two parsers differ without them."""
    if depth == 0:
        return source.choice(ATOMS)
    kind = source.random()
    if kind < 0.6:
        left = random_expression(source, depth - 1)
        right = random_expression(source, depth - 1)
        return f"{left} {source.choice(BINARY)} {right}"
    if kind < 0.7:
        return source.choice(["- ", "+ ", "- - "]) + random_expression(source, 0)
    if kind < 0.8:
        return f"({source.choice(PREFIX)} {random_expression(source, depth - 1)})"
    if kind < 0.95:
        return f"({random_expression(source, depth - 1)} {source.choice(POSTFIX)})"
    return source.choice(ATOMS)


def escape(text):
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def unescape(line):
    if "e'" in line:
        return line
    return line.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r")


def main(path):
    connection = duckdb.connect()
    lines = []
    failures = 0
    for line in TEXTS.strip().split("\n"):
        mark = line[0] if line[0] in "!~^" else ""
        text = unescape(line[len(mark):])
        if accepts(connection, text) != (mark in ("", "^")):
            print(f"the reference contradicts the mark: {line}", file=sys.stderr)
            failures += 1
        lines.append(f"{'accept' if mark in ('', '~') else 'refuse'}\t{escape(text)}")
    expressions = EXPRESSIONS.strip().split("\n")
    source = random.Random(SEED)
    expressions += [random_expression(source, source.randint(1, 3)) for _ in range(GENERATED)]
    for expression in dict.fromkeys(expressions):
        name = expression_name(connection, expression)
        lines.append(f"name\t{escape(expression)}\t{'!' if name is None else escape(name)}")
    # Compilers bound the length of one literal.
    pieces = ["\n".join(lines[i:i + 200]) + "\n" for i in range(0, len(lines), 200)]
    with open(path, "w", encoding="utf-8") as file:
        file.write(",\n".join(f'R"vectors({piece})vectors"' for piece in pieces) + "\n")
    return failures


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1]) else 0)
