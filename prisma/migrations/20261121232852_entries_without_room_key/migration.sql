-- DropForeignKey
ALTER TABLE "entries" DROP CONSTRAINT "entries_room_id_fkey";
