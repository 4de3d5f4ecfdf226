-- DropForeignKey
ALTER TABLE "entries" DROP CONSTRAINT "entries_device_id_fkey";

-- DropIndex
DROP INDEX "entries_room_id_kind_generation_epoch_idx";

-- CreateIndex
CREATE INDEX "entries_links_idx" ON "entries"("room_id", "generation", "epoch") WHERE (kind = 'link');

-- CreateIndex
CREATE INDEX "roster_devices_pending_idx" ON "roster_devices"("room_id") WHERE (removal_pending);
