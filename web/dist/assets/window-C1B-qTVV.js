import{aK as t,aL as e}from"./words-Czz2v7Q7.js";function w(i,o){t(window,["resize"],()=>e(()=>o(window[i])))}export{w as b};
