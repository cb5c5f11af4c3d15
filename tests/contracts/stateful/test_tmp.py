import collections, time
from hypothesis import settings, seed, HealthCheck
from hypothesis.stateful import run_state_machine_as_test
from .machine import MarketMachine
from .session import Session
from .milestones import MILESTONES

def test_x():
    total=collections.Counter(); n=[0,0]
    def factory():
        s=Session(); 
        m=MarketMachine(s); td=m.teardown
        def t():
            td(); total.update(s.reached); n[0]+=1
        m.teardown=t
        return m
    t=time.time()
    run_state_machine_as_test(seed(5)(factory), settings=settings(max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), database=None))
    print(time.time()-t, n)
    for k in MILESTONES: print(f"{total[k]:6d} {k}")
