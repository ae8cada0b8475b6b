;; The network's matrix-vector products by vector instructions: four rows at a time, four columns of
;; each. plain-kernel.js says the same in plain loops.
(module
  (import "page" "memory" (memory 0))

  ;; y = bias + W x in float32. W: rows x columns, row-major; both are multiples of 4, rows at least
  ;; 4. w, x, bias and y are byte offsets into the memory.
  (func (export "product")
    (param $w i32) (param $x i32) (param $bias i32) (param $y i32)
    (param $rows i32) (param $columns i32)
    (local $row_size i32) (local $y_end i32)  ;; bytes; the end of y
    (local $x_at i32) (local $x_end i32)
    (local $w0 i32) (local $w1 i32) (local $w2 i32) (local $w3 i32)  ;; where four rows are read
    (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128)
    (local $four v128)  ;; of x

    (local.set $row_size (i32.shl (local.get $columns) (i32.const 2)))
    (local.set $x_end (i32.add (local.get $x) (local.get $row_size)))
    (local.set $y_end (i32.add (local.get $y) (i32.shl (local.get $rows) (i32.const 2))))
    (loop $four_rows
      (local.set $w0 (local.get $w))
      (local.set $w1 (i32.add (local.get $w0) (local.get $row_size)))
      (local.set $w2 (i32.add (local.get $w1) (local.get $row_size)))
      (local.set $w3 (i32.add (local.get $w2) (local.get $row_size)))
      (local.set $w (i32.add (local.get $w3) (local.get $row_size)))
      (local.set $sum0 (v128.const f32x4 0 0 0 0))
      (local.set $sum1 (v128.const f32x4 0 0 0 0))
      (local.set $sum2 (v128.const f32x4 0 0 0 0))
      (local.set $sum3 (v128.const f32x4 0 0 0 0))
      (local.set $x_at (local.get $x))
      (block $no_column_left
        (loop $four_columns
          (br_if $no_column_left (i32.ge_u (local.get $x_at) (local.get $x_end)))
          (local.set $four (v128.load (local.get $x_at)))
          (local.set $sum0
            (f32x4.add (local.get $sum0) (f32x4.mul (v128.load (local.get $w0)) (local.get $four))))
          (local.set $sum1
            (f32x4.add (local.get $sum1) (f32x4.mul (v128.load (local.get $w1)) (local.get $four))))
          (local.set $sum2
            (f32x4.add (local.get $sum2) (f32x4.mul (v128.load (local.get $w2)) (local.get $four))))
          (local.set $sum3
            (f32x4.add (local.get $sum3) (f32x4.mul (v128.load (local.get $w3)) (local.get $four))))
          (local.set $x_at (i32.add (local.get $x_at) (i32.const 16)))
          (local.set $w0 (i32.add (local.get $w0) (i32.const 16)))
          (local.set $w1 (i32.add (local.get $w1) (i32.const 16)))
          (local.set $w2 (i32.add (local.get $w2) (i32.const 16)))
          (local.set $w3 (i32.add (local.get $w3) (i32.const 16)))
          (br $four_columns)))
      (v128.store (local.get $y)
        (f32x4.add (v128.load (local.get $bias))
          (call $sums
            (call $halves (local.get $sum0) (local.get $sum1))
            (call $halves (local.get $sum2) (local.get $sum3)))))
      (local.set $bias (i32.add (local.get $bias) (i32.const 16)))
      (local.set $y (i32.add (local.get $y) (i32.const 16)))
      (br_if $four_rows (i32.lt_u (local.get $y) (local.get $y_end)))))

  ;; a0 + a2, b0 + b2, a1 + a3, b1 + b3
  (func $halves (param $a v128) (param $b v128) (result v128)
    (f32x4.add
      (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $a) (local.get $b))
      (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $a) (local.get $b))))

  ;; a0 + a2, a1 + a3, b0 + b2, b1 + b3
  (func $sums (param $a v128) (param $b v128) (result v128)
    (f32x4.add
      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $a) (local.get $b))
      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31
        (local.get $a) (local.get $b)))))
