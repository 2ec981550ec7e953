"""Building a change anew: what was refused or never answered is read again; several that went together go apart."""

from qbwc_bridge.domain.quickbooks import EstimateMod, PurchaseOrderMod
from qbwc_bridge.domain.records import Task
from qbwc_bridge.domain.states import TaskState
from qbwc_bridge.flow.moves import move_task
from qbwc_bridge.flow.scene import Scene


def each_alone(scene: Scene, task: Task, why: str) -> None:
    """End a change that failed with several change orders in it: from now on each goes alone (promise 6)."""
    task.set_limit = 1
    build_anew(scene, task, f"refused together with others, now each goes alone: {why}")


def build_anew(scene: Scene, task: Task, why: str) -> None:
    """End a change that was refused; queueing reads what it changes and builds it again."""
    move_task(scene.uow, task, TaskState.PARKED, now=scene.now, why=why)
    move_task(scene.uow, task, TaskState.CANCELLED, now=scene.now, why=why)
    if isinstance(task.request, EstimateMod | PurchaseOrderMod):
        order = scene.uow.transactions.first(connection_id=scene.connection.id, txn_id=task.request.txn_id)
        if order:
            order.read_visit_id = None
            scene.uow.transactions.save(order)
