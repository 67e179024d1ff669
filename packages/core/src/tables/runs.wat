;; Runs of page table entries, four at a time. Addresses are bytes into the world's buffer.
(module
  (import "world" "memory" (memory 1))

  ;; How many entries from $pte on are the first one, the first one plus one frame, plus two frames, …, while the words
  ;; at $meta and $extra (one per frame, from the first entry's frame on) stay what they are for the first.
  (func (export "alike") (param $pte i32) (param $meta i32) (param $extra i32) (param $nr i32) (result i32)
    (local $i i32) (local $want v128) (local $m v128) (local $e v128) (local $step v128)
    (local.set $want (i32x4.add (v128.load32_splat (local.get $pte)) (v128.const i32x4 0 256 512 768)))
    (local.set $m (v128.load32_splat (local.get $meta)))
    (local.set $e (v128.load32_splat (local.get $extra)))
    (local.set $step (v128.const i32x4 1024 1024 1024 1024))
    (block $differ
      (loop $four
        (br_if $differ (i32.gt_u (i32.add (local.get $i) (i32.const 4)) (local.get $nr)))
        (br_if $differ (i32.eqz (i32x4.all_true (v128.and
          (i32x4.eq (v128.load (local.get $pte)) (local.get $want))
          (v128.and
            (i32x4.eq (v128.load (local.get $meta)) (local.get $m))
            (i32x4.eq (v128.load (local.get $extra)) (local.get $e)))))))
        (local.set $want (i32x4.add (local.get $want) (local.get $step)))
        (local.set $pte (i32.add (local.get $pte) (i32.const 16)))
        (local.set $meta (i32.add (local.get $meta) (i32.const 16)))
        (local.set $extra (i32.add (local.get $extra) (i32.const 16)))
        (local.set $i (i32.add (local.get $i) (i32.const 4)))
        (br $four)))
    (block $end
      (loop $one
        (br_if $end (i32.ge_u (local.get $i) (local.get $nr)))
        (br_if $end (i32.ne (i32.load (local.get $pte)) (i32x4.extract_lane 0 (local.get $want))))
        (br_if $end (i32.ne (i32.load (local.get $meta)) (i32x4.extract_lane 0 (local.get $m))))
        (br_if $end (i32.ne (i32.load (local.get $extra)) (i32x4.extract_lane 0 (local.get $e))))
        (local.set $want (i32x4.add (local.get $want) (v128.const i32x4 256 256 256 256)))
        (local.set $pte (i32.add (local.get $pte) (i32.const 4)))
        (local.set $meta (i32.add (local.get $meta) (i32.const 4)))
        (local.set $extra (i32.add (local.get $extra) (i32.const 4)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $one)))
    (local.get $i))

  ;; Store $first, $first plus one frame, plus two frames, … into $nr entries from $pte on.
  (func (export "rising") (param $pte i32) (param $first i32) (param $nr i32)
    (local $i i32) (local $next v128)
    (local.set $next (i32x4.add (i32x4.splat (local.get $first)) (v128.const i32x4 0 256 512 768)))
    (block $few
      (loop $four
        (br_if $few (i32.gt_u (i32.add (local.get $i) (i32.const 4)) (local.get $nr)))
        (v128.store (local.get $pte) (local.get $next))
        (local.set $next (i32x4.add (local.get $next) (v128.const i32x4 1024 1024 1024 1024)))
        (local.set $pte (i32.add (local.get $pte) (i32.const 16)))
        (local.set $i (i32.add (local.get $i) (i32.const 4)))
        (br $four)))
    (block $end
      (loop $one
        (br_if $end (i32.ge_u (local.get $i) (local.get $nr)))
        (i32.store (local.get $pte) (i32x4.extract_lane 0 (local.get $next)))
        (local.set $next (i32x4.add (local.get $next) (v128.const i32x4 256 256 256 256)))
        (local.set $pte (i32.add (local.get $pte) (i32.const 4)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $one)))))
