-- CreateEnum
CREATE TYPE "presence_visibility" AS ENUM ('everyone', 'nobody');

-- CreateEnum
CREATE TYPE "room_kind" AS ENUM ('public', 'thread');

-- CreateEnum
CREATE TYPE "history_policy" AS ENUM ('shared', 'sealed');

-- CreateEnum
CREATE TYPE "entry_kind" AS ENUM ('message', 'link', 'commit', 'found', 'notice');

-- CreateEnum
CREATE TYPE "notice_event" AS ENUM ('joined', 'left', 'account_removed', 'started_anew');

-- CreateEnum
CREATE TYPE "report_reason" AS ENUM ('invalid_commit', 'roster_mismatch', 'authenticator_mismatch');

-- CreateTable
CREATE TABLE "accounts" (
    "id" UUID NOT NULL,
    "username" TEXT,
    "username_key" TEXT,
    "written_key" TEXT,
    "display_name" TEXT,
    "avatar_hash" TEXT,
    "password_hash" TEXT,
    "root" INTEGER NOT NULL DEFAULT 0,
    "presence" "presence_visibility" NOT NULL DEFAULT 'everyone',
    "last_seen_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "accounts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "avatars" (
    "hash" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "data" BYTEA NOT NULL,

    CONSTRAINT "avatars_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "invites" (
    "code_hash" BYTEA NOT NULL,
    "created_by" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_by" UUID,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "invites_pkey" PRIMARY KEY ("code_hash")
);

-- CreateTable
CREATE TABLE "sessions" (
    "id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "device_id" UUID,
    "token_hash" BYTEA NOT NULL,
    "label" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "devices" (
    "id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "root" INTEGER NOT NULL,
    "signature_key" BYTEA NOT NULL,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "last_resort_reference" BYTEA,
    "last_resort_key_package" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "devices_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "key_log_entries" (
    "account_id" UUID NOT NULL,
    "root" INTEGER NOT NULL,
    "index" INTEGER NOT NULL,
    "entry" BYTEA NOT NULL,

    CONSTRAINT "key_log_entries_pkey" PRIMARY KEY ("account_id","root","index")
);

-- CreateTable
CREATE TABLE "key_packages" (
    "id" BIGSERIAL NOT NULL,
    "device_id" UUID NOT NULL,
    "reference" BYTEA NOT NULL,
    "key_package" BYTEA NOT NULL,

    CONSTRAINT "key_packages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rooms" (
    "id" UUID NOT NULL,
    "kind" "room_kind" NOT NULL,
    "policy" "history_policy" NOT NULL,
    "slug" TEXT,
    "name" TEXT,
    "topic" TEXT NOT NULL DEFAULT '',
    "created_by" UUID,
    "generation" BIGINT NOT NULL DEFAULT 0,
    "epoch" BIGINT NOT NULL DEFAULT 0,
    "head" BIGINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "founded_at" TIMESTAMPTZ(3),

    CONSTRAINT "rooms_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "memberships" (
    "room_id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "joined_seq" BIGINT NOT NULL,
    "joined_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "memberships_pkey" PRIMARY KEY ("room_id","account_id")
);

-- CreateTable
CREATE TABLE "roster_devices" (
    "room_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "removal_pending" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "roster_devices_pkey" PRIMARY KEY ("room_id","device_id")
);

-- CreateTable
CREATE TABLE "entries" (
    "room_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "kind" "entry_kind" NOT NULL,
    "generation" BIGINT NOT NULL,
    "epoch" BIGINT NOT NULL,
    "account_id" UUID NOT NULL,
    "device_id" UUID,
    "entry_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "body" BYTEA,
    "event" "notice_event",
    "devices" UUID[],

    CONSTRAINT "entries_pkey" PRIMARY KEY ("room_id","seq")
);

-- CreateTable
CREATE TABLE "room_epochs" (
    "room_id" UUID NOT NULL,
    "generation" BIGINT NOT NULL,
    "epoch" BIGINT NOT NULL,
    "seq" BIGINT NOT NULL,
    "external" BOOLEAN NOT NULL,
    "added" UUID[],
    "removed" UUID[],
    "authenticator" BYTEA NOT NULL,

    CONSTRAINT "room_epochs_pkey" PRIMARY KEY ("room_id","generation","epoch")
);

-- CreateTable
CREATE TABLE "group_infos" (
    "room_id" UUID NOT NULL,
    "generation" BIGINT NOT NULL,
    "epoch" BIGINT NOT NULL,
    "seq" BIGINT NOT NULL,
    "data" BYTEA NOT NULL,

    CONSTRAINT "group_infos_pkey" PRIMARY KEY ("room_id")
);

-- CreateTable
CREATE TABLE "welcomes" (
    "room_id" UUID NOT NULL,
    "generation" BIGINT NOT NULL,
    "epoch" BIGINT NOT NULL,
    "seq" BIGINT NOT NULL,
    "data" BYTEA NOT NULL,

    CONSTRAINT "welcomes_pkey" PRIMARY KEY ("room_id","generation","epoch")
);

-- CreateTable
CREATE TABLE "welcome_recipients" (
    "room_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "generation" BIGINT NOT NULL,
    "epoch" BIGINT NOT NULL,

    CONSTRAINT "welcome_recipients_pkey" PRIMARY KEY ("room_id","device_id")
);

-- CreateTable
CREATE TABLE "reports" (
    "room_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "device_id" UUID NOT NULL,
    "reason" "report_reason" NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "reports_pkey" PRIMARY KEY ("room_id","seq","device_id")
);

-- CreateTable
CREATE TABLE "blobs" (
    "id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "bytes" BIGINT NOT NULL,
    "complete" BOOLEAN NOT NULL DEFAULT false,
    "room_id" UUID,
    "seq" BIGINT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "blobs_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "accounts_username_key_key" ON "accounts"("username_key");

-- CreateIndex
CREATE UNIQUE INDEX "accounts_written_key_key" ON "accounts"("written_key");

-- CreateIndex
CREATE INDEX "accounts_avatar_hash_idx" ON "accounts"("avatar_hash");

-- CreateIndex
CREATE INDEX "invites_created_by_idx" ON "invites"("created_by");

-- CreateIndex
CREATE INDEX "invites_used_by_idx" ON "invites"("used_by");

-- CreateIndex
CREATE UNIQUE INDEX "sessions_token_hash_key" ON "sessions"("token_hash");

-- CreateIndex
CREATE INDEX "sessions_account_id_idx" ON "sessions"("account_id");

-- CreateIndex
CREATE INDEX "sessions_device_id_idx" ON "sessions"("device_id");

-- CreateIndex
CREATE INDEX "devices_account_id_idx" ON "devices"("account_id");

-- CreateIndex
CREATE UNIQUE INDEX "key_packages_device_id_reference_key" ON "key_packages"("device_id", "reference");

-- CreateIndex
CREATE UNIQUE INDEX "rooms_slug_key" ON "rooms"("slug");

-- CreateIndex
CREATE INDEX "rooms_created_by_idx" ON "rooms"("created_by");

-- CreateIndex
CREATE INDEX "memberships_account_id_idx" ON "memberships"("account_id");

-- CreateIndex
CREATE INDEX "roster_devices_device_id_idx" ON "roster_devices"("device_id");

-- CreateIndex
CREATE INDEX "roster_devices_account_id_idx" ON "roster_devices"("account_id");

-- CreateIndex
CREATE INDEX "entries_room_id_kind_generation_epoch_idx" ON "entries"("room_id", "kind", "generation", "epoch");

-- CreateIndex
CREATE UNIQUE INDEX "entries_device_id_entry_id_key" ON "entries"("device_id", "entry_id");

-- CreateIndex
CREATE UNIQUE INDEX "room_epochs_room_id_seq_key" ON "room_epochs"("room_id", "seq");

-- CreateIndex
CREATE INDEX "welcome_recipients_room_id_generation_epoch_idx" ON "welcome_recipients"("room_id", "generation", "epoch");

-- CreateIndex
CREATE INDEX "welcome_recipients_device_id_idx" ON "welcome_recipients"("device_id");

-- CreateIndex
CREATE INDEX "reports_device_id_idx" ON "reports"("device_id");

-- CreateIndex
CREATE INDEX "blobs_account_id_idx" ON "blobs"("account_id");

-- CreateIndex
CREATE INDEX "blobs_room_id_seq_idx" ON "blobs"("room_id", "seq");

-- CreateIndex
CREATE INDEX "blobs_expires_at_idx" ON "blobs"("expires_at");

-- AddForeignKey
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_avatar_hash_fkey" FOREIGN KEY ("avatar_hash") REFERENCES "avatars"("hash") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "invites" ADD CONSTRAINT "invites_created_by_fkey" FOREIGN KEY ("created_by") REFERENCES "accounts"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "invites" ADD CONSTRAINT "invites_used_by_fkey" FOREIGN KEY ("used_by") REFERENCES "accounts"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "devices"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "devices" ADD CONSTRAINT "devices_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "key_log_entries" ADD CONSTRAINT "key_log_entries_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "key_packages" ADD CONSTRAINT "key_packages_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "devices"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "rooms" ADD CONSTRAINT "rooms_created_by_fkey" FOREIGN KEY ("created_by") REFERENCES "accounts"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "roster_devices" ADD CONSTRAINT "roster_devices_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "roster_devices" ADD CONSTRAINT "roster_devices_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "devices"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "roster_devices" ADD CONSTRAINT "roster_devices_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "entries" ADD CONSTRAINT "entries_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "entries" ADD CONSTRAINT "entries_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "devices"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "room_epochs" ADD CONSTRAINT "room_epochs_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "room_epochs" ADD CONSTRAINT "room_epochs_room_id_seq_fkey" FOREIGN KEY ("room_id", "seq") REFERENCES "entries"("room_id", "seq") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "group_infos" ADD CONSTRAINT "group_infos_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "welcomes" ADD CONSTRAINT "welcomes_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "welcome_recipients" ADD CONSTRAINT "welcome_recipients_room_id_generation_epoch_fkey" FOREIGN KEY ("room_id", "generation", "epoch") REFERENCES "welcomes"("room_id", "generation", "epoch") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "welcome_recipients" ADD CONSTRAINT "welcome_recipients_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "devices"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reports" ADD CONSTRAINT "reports_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reports" ADD CONSTRAINT "reports_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "devices"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "blobs" ADD CONSTRAINT "blobs_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "accounts"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "blobs" ADD CONSTRAINT "blobs_room_id_seq_fkey" FOREIGN KEY ("room_id", "seq") REFERENCES "entries"("room_id", "seq") ON DELETE SET NULL ON UPDATE CASCADE;

-- What Prisma's schema language cannot say.
ALTER TABLE "rooms" ADD CONSTRAINT "rooms_kind_check" CHECK (("kind" = 'public') = ("slug" IS NOT NULL) AND ("slug" IS NULL) = ("name" IS NULL));
ALTER TABLE "entries" ADD CONSTRAINT "entries_seq_check" CHECK ("seq" > 0);
ALTER TABLE "entries" ADD CONSTRAINT "entries_sender_check" CHECK (("kind" = 'notice') = ("device_id" IS NULL) AND ("device_id" IS NULL) = ("entry_id" IS NULL) AND ("kind" = 'notice') = ("event" IS NOT NULL));
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_tombstone_check" CHECK ("deleted_at" IS NOT NULL OR ("username" IS NOT NULL AND "username_key" IS NOT NULL AND "written_key" IS NOT NULL AND "password_hash" IS NOT NULL));
ALTER TABLE "blobs" ADD CONSTRAINT "blobs_bytes_check" CHECK ("bytes" > 0);
ALTER TABLE "blobs" ADD CONSTRAINT "blobs_attached_check" CHECK (("room_id" IS NULL) = ("seq" IS NULL) AND ("room_id" IS NULL OR ("complete" AND "expires_at" IS NULL)));
