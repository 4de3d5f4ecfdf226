-- AlterTable
ALTER TABLE "rooms" ADD COLUMN     "changed_seq" BIGINT NOT NULL DEFAULT 0;
