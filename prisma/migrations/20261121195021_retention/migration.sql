-- AlterTable
ALTER TABLE "rooms" ADD COLUMN     "emptied_seq" BIGINT NOT NULL DEFAULT 0;
