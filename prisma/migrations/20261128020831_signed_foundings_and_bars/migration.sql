-- AlterEnum
ALTER TYPE "notice_event" ADD VALUE 'removed';

-- AlterTable
ALTER TABLE "devices" ADD COLUMN     "last_resort_expires_at" TIMESTAMPTZ(3),
ADD COLUMN     "last_resort_used_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "entries" ADD COLUMN     "digest" BYTEA;

-- AlterTable
ALTER TABLE "key_packages" ADD COLUMN     "expires_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "memberships" ADD COLUMN     "in_group_seq" BIGINT;

-- AlterTable
ALTER TABLE "room_epochs" ADD COLUMN     "group_info_hash" BYTEA,
ADD COLUMN     "last_authenticator" BYTEA,
ADD COLUMN     "last_epoch" BIGINT,
ADD COLUMN     "signature" BYTEA;

-- CreateTable
CREATE TABLE "barred_devices" (
    "room_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "times" INTEGER NOT NULL,
    "barred_at" TIMESTAMPTZ(3) NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "barred_devices_pkey" PRIMARY KEY ("room_id","device_id")
);

-- CreateIndex
CREATE INDEX "barred_devices_device_id_idx" ON "barred_devices"("device_id");

-- CreateIndex
CREATE INDEX "reports_room_id_at_idx" ON "reports"("room_id", "at");

-- CreateIndex
CREATE INDEX "room_epochs_foundings_idx" ON "room_epochs"("room_id", "generation") WHERE (epoch = 0);

-- AddForeignKey
ALTER TABLE "barred_devices" ADD CONSTRAINT "barred_devices_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "barred_devices" ADD CONSTRAINT "barred_devices_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "devices"("id") ON DELETE CASCADE ON UPDATE CASCADE;


-- Members whose devices are in the group have been there since they joined, as far as is known.
UPDATE "memberships" m SET "in_group_seq" = m."joined_seq"
WHERE EXISTS (
  SELECT FROM "roster_devices" d
  WHERE d."room_id" = m."room_id" AND d."account_id" = m."account_id" AND NOT d."removal_pending"
);
