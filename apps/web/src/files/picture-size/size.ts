/** In pixels, as the browser will decode it. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}
